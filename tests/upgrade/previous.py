"""The release before this one: its code, unpacked from git, and how to run it."""

import atexit
import functools
import os
import shutil
import subprocess
import sys
import tempfile

from tests.servers import process

#: The checkout with the code of this release.
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def name():
    """The tag or the commit of the release before."""
    with open(os.path.join(ROOT, 'tests', 'upgrade', 'PREVIOUS')) as file:
        [line] = [line.strip() for line in file if not line.startswith('#')]
    return line


@functools.cache
def missing():
    """Say why the release before cannot be had; None when it can."""
    if not shutil.which('git'):
        return 'the release before comes from git, which is not installed'
    found = _git('cat-file', '-e', f'{name()}^{{commit}}')
    if found.returncode:
        return (f'the release before is {name()[:12]}, and this checkout does not have it: test in '
                f'a full clone, not in an sdist or a shallow clone ({found.stderr.strip()})')
    return None


@functools.cache
def tree():
    """The directory with the code of the release before, for the life of this process."""
    directory = tempfile.mkdtemp(prefix='marconi-previous-', dir=process.TMPDIR)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    archive = os.path.join(directory, 'archive.tar')
    made = _git('archive', '--output', archive, name())
    if made.returncode:
        raise AssertionError(made.stderr)
    shutil.unpack_archive(archive, directory, filter='data')
    return directory


def environment(code, **more):
    """The environment for programs that import Marconi from the directory ``code``."""
    return os.environ | {'PYTHONPATH': code} | more


def sync(code, url):
    """Bring a database to the schema of the code in a directory, as its own tool does."""
    with tempfile.NamedTemporaryFile('w', suffix='.conf', dir=process.TMPDIR) as config:
        config.write('[database]\nconnection = {}\n'.format(url.replace('$', '$$')))
        config.flush()
        it = subprocess.run(
            [sys.executable, '-m', 'marconi.cmd.manage', '--config-file', config.name,
             'db', 'sync'],
            cwd=code, env=environment(code), capture_output=True, text=True)
    if it.returncode:
        raise AssertionError(f'db sync of {code}: {it.stdout}{it.stderr}')


def _git(*words):
    return subprocess.run(['git', '-C', ROOT, *words], capture_output=True, text=True)
