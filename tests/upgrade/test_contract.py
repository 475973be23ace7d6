"""The storage of each release keeps its contract on the schema of the other one."""

import os
import subprocess
import sys
import tempfile

from tests import servers
from tests.servers import process
from tests.upgrade import base
from tests.upgrade import contract
from tests.upgrade import previous

PROGRAM = os.path.abspath(contract.__file__)
#: Prints the names of the tests that a release has for one database.
LIST = ('import sys; sys.path.insert(0, {!r}); import contract; '
        'print(*(test.id() for test in contract.tests({!r})), sep="\\n")')


class TestContract(base.UpgradeTest):

    def run_python(self, release, *words):
        """Run Python with the code of a release, and return the finished process."""
        environment = previous.environment(self.code(release), TMPDIR=process.TMPDIR)
        if self.backend != 'sqlite':
            environment[servers.variable(self.backend)] = servers.shared(self.backend).root_url
        return subprocess.run(
            [sys.executable, '-P', *words], cwd=self.code(release), env=environment, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def names(self, release):
        it = self.run_python(release, '-c', LIST.format(os.path.dirname(PROGRAM), self.backend))
        self.assertEqual(0, it.returncode, it.stdout)
        return set(it.stdout.split())

    def check(self, code, schema, *only):
        it = self.run_python(code, PROGRAM, self.code(schema), self.backend, *only)
        self.assertEqual(0, it.returncode, it.stdout)
        self.assertRegex(it.stdout, r'(?m)^[1-9]\d* ran, 0 skipped$')

    def test_old_code_on_the_new_schema(self):
        self.check(base.OLD, base.NEW)

    def test_new_code_on_the_old_schema(self):
        """What the release before could do; what is new may need the new tables."""
        both = self.names(base.OLD) & self.names(base.NEW)
        names = os.path.join(tempfile.mkdtemp(), 'names')
        with open(names, 'w') as file:
            file.write('\n'.join(sorted(both)))
        self.check(base.NEW, base.OLD, names)
