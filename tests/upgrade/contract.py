"""Run the storage contract of one release on the schema of another.

A program, because the two cannot be imported side by side: it imports ``marconi`` and ``tests``
of the release that PYTHONPATH names, and has databases made by ``db sync`` of the other one.

    python -P contract.py SCHEMA BACKEND [TESTS]

SCHEMA is the directory of the other release; TESTS a file with names of the tests to run, one a
line. The last line says how many ran.
"""

import os
import subprocess
import sys
import tempfile
import unittest

import testscenarios
import testtools

from tests import databases

NAME = 'tests.storage.test_contract'
SYNC = ('import sys; from marconi.storage.sqlalchemy import migration; '
        'migration.upgrade(sys.argv[1])')


def migrate_with(schema):
    """Return what makes the tables in place of this release's own migrations."""
    def migrate(url):
        subprocess.run([sys.executable, '-c', SYNC, url], cwd=schema, check=True,
                       env=os.environ | {'PYTHONPATH': schema})
        return url
    return migrate


def tests(backend, wanted=None):
    """The contract's tests on one database; only those ``wanted``, if that is given."""
    suite = unittest.defaultTestLoader.loadTestsFromName(NAME)
    found = testtools.iterate_tests(testscenarios.generate_scenarios(suite))
    return [test for test in found if test.backend == backend and (
        wanted is None or test.id() in wanted)]


def main(schema, backend, only=None):
    databases.migrate = migrate_with(schema)
    wanted = None
    if only:
        with open(only) as file:
            wanted = set(file.read().split())
    chosen = tests(backend, wanted)
    # Where a test keeps its SQLite files: not in what we run.
    os.chdir(tempfile.gettempdir())
    result = unittest.TextTestRunner(verbosity=0).run(unittest.TestSuite(chosen))
    print(f'{result.testsRun} ran, {len(result.skipped)} skipped')
    return 0 if chosen and result.wasSuccessful() and not result.skipped else 1


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
