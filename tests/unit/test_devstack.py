"""The settings of the devstack plugin."""

import os
import pathlib
import re
import subprocess
import sys

from tests import base
from tests.devstack import stack

PLUGIN = pathlib.Path(__file__).parents[2] / 'devstack'
#: NAME=${NAME:-default}, or NAME=$(trueorfalse default NAME).
DEFAULT = re.compile(r'(MARCONI_\w+)=\$(?:\{\1:-.*\}|\(trueorfalse (?:True|False) \1\))')


class TestSettings(base.TestCase):

    def setUp(self):
        super().setUp()
        self.lines = (PLUGIN / 'settings').read_text().splitlines()
        self.settings = {line.partition('=')[0] for line in self.lines if line[:8] == 'MARCONI_'}

    def test_each_has_a_default_that_local_conf_overrides(self):
        for line in self.lines:
            if line[:8] == 'MARCONI_':
                self.assertRegex(line, DEFAULT)

    def test_each_stands_below_a_comment(self):
        """Of its own, or of the group of lines that it is in."""
        for previous, line in zip(self.lines, self.lines[1:], strict=False):
            if line[:8] == 'MARCONI_':
                self.assertTrue(previous[:2] == '# ' or previous[:8] == 'MARCONI_', line)

    def read(self, name, **variables):
        """The value of a variable, with these in local.conf."""
        tests = str(pathlib.Path(stack.__file__).parent)
        return subprocess.check_output(
            ['bash', '-ec', f'. "$TESTS/functions.sh"; . "$PLUGIN/settings"; echo "${name}"'],
            text=True, env={'PATH': os.environ['PATH'], 'PYTHON': sys.executable, 'TESTS': tests,
                            'PLUGIN': str(PLUGIN), 'SERVICE_PROTOCOL': 'http', **variables}).strip()

    def test_values(self):
        name = 'MARCONI_SERVICE_PROTOCOL'
        self.assertEqual('http', self.read(name))
        self.assertEqual('https', self.read(name, ENABLED_SERVICES='key,tls-proxy'))
        self.assertEqual('ftp', self.read(name, MARCONI_SERVICE_PROTOCOL='ftp'))
        self.assertEqual(str(PLUGIN.parent), self.read('MARCONI_DIR'))
        self.assertEqual('False', self.read('MARCONI_TEMPEST', MARCONI_TEMPEST='no'))
        self.assertEqual(',marconi-janitor', self.read(
            'ENABLED_SERVICES', DISABLED_SERVICES='marconi-api'))

    def test_the_plugin_uses_these_and_no_others(self):
        code = ''.join((PLUGIN / name).read_text() for name in ('settings', 'lib/marconi'))
        code = re.sub(r'(MARCONI_\w+)=\$\S* ?\S* ?\1\b', '', code)
        self.assertEqual(self.settings, set(re.findall(r'\$\{?(MARCONI_\w+)', code)) | set(
            re.findall(r'\$\(\((MARCONI_\w+)', code)))
