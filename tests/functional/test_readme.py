"""The examples of the documentation, run as they stand there.

A comment ``.. example: NAME`` marks the code block after it. All blocks of one name in one file
are one program, which starts on a service without its queues, ends with exit code 0, and leaves no
queue behind.
"""

import glob
import os
import re
import shutil
import subprocess
import sys

from tests.functional import base

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
URL = 'http://127.0.0.1:8888'
PROJECT = 'demo'

EXAMPLE = re.compile(
    r'^\.\. example: (?P<name>\S+)\n\n\.\. code-block:: (?P<language>\S+)\n\n'
    r'(?P<code>(?:(?: {3}.*)?\n)+)', re.MULTILINE)
#: A program prints at least this.
PRINTS = {
    'curl': ['HTTP/1.1 201 Created', '{"branch": "main"}', '?claim_id=',
             'HTTP/1.1 204 No Content', '"reboot"', '"sum": 5'],
    'zaqarclient': ["{'branch': 'main'}", "{'branch': 'stable'}", 'claimed'],
    'openstacksdk': ["{'branch': 'main'}", "{'branch': 'stable'}", 'claimed'],
}


def documents():
    """README.rst and the pages of the guides, those of them with examples."""
    paths = [os.path.join(ROOT, 'README.rst'),
             *glob.glob(os.path.join(ROOT, 'doc', 'source', '**', '*.rst'), recursive=True)]
    return [path for path in sorted(paths) if os.path.exists(path) and programs(path)]


def programs(path):
    """{(name, language): code} of the examples in a file."""
    found = {}
    with open(path) as file:
        for match in EXAMPLE.finditer(file.read() + '\n'):
            code = re.sub('^ {3}', '', match['code'], flags=re.MULTILINE)
            key = match['name'], match['language']
            found[key] = found.get(key, '') + code + '\n'
    return found


class TestExamples(base.FunctionalTest):

    def test_readme_has_them(self):
        """None is lost for a change of the markers, and each block that can be run is run."""
        names = {name for name, _ in programs(os.path.join(ROOT, 'README.rst'))}
        self.assertEqual({'curl', 'zaqarclient', 'openstacksdk'}, names)
        with open(os.path.join(ROOT, 'README.rst')) as file:
            text = file.read()
        self.assertEqual(text.count('.. code-block::'), len(EXAMPLE.findall(text + '\n')))

    def test_shell(self):
        if not shutil.which('curl'):
            self.skipTest('curl is not installed')
        self.run_programs('bash')

    def test_python(self):
        self.run_programs('python')

    def run_programs(self, wanted):
        for path in documents():
            for (name, language), code in programs(path).items():
                if language == wanted:
                    self.run_program(os.path.relpath(path, ROOT), name, language, code)

    def run_program(self, path, name, language, code):
        command = {'bash': ['bash', '-euo', 'pipefail', '-c'],
                   'python': [sys.executable, '-W', 'ignore', '-c']}[language]
        self.assertEqual([], self.queues())
        ended = subprocess.run(
            [*command, code.replace(URL, self.service.url)], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=120)
        place = f'{name} in {path}:\n{ended.stdout}'
        self.assertEqual(0, ended.returncode, place)
        self.assertNotIn('"title"', ended.stdout, place)
        self.assertEqual([], self.queues(), place)
        if path == 'README.rst':
            for text in PRINTS[name]:
                self.assertIn(text, ended.stdout, place)

    def queues(self):
        self.project = PROJECT
        return self.caller()('GET', '/v2/queues').json['queues']
