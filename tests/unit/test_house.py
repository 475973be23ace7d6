"""The rules of the house, so that nobody needs to remember to check them."""

import os
import subprocess
import sys

from tests import base

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class TestHouse(base.TestCase):

    def test_lint(self):
        stamp = os.path.join(sys.prefix, '.installed-test')
        environment = {name: value for name, value in os.environ.items()
                       if name not in ('MAKEFLAGS', 'MFLAGS', 'MAKELEVEL', 'ARGS')}
        lint = subprocess.run(
            ['make', f'--assume-old={stamp}', f'VENV={sys.prefix}', 'lint'], cwd=ROOT,
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.assertEqual(0, lint.returncode, lint.stdout)
