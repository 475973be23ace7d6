"""More migrations than ours, for tests of what happens when there will be some."""

import os
import shutil
import tempfile

import fixtures

from marconi.storage.sqlalchemy import migration

OURS = migration.SCRIPTS
SCRIPT = """
from alembic import op
import sqlalchemy as sa

from marconi.storage.sqlalchemy import online

revision, down_revision, phase = {!r}, {!r}, {!r}


def upgrade():
    {}
"""


def use(*more):
    """A fixture: have these migrations after ours, given as (revision, phase, body of upgrade)."""
    directory = os.path.join(tempfile.mkdtemp(), 'alembic')
    shutil.copytree(OURS, directory)
    before = max(name[:4] for name in os.listdir(OURS / 'versions') if name[0].isdigit())
    for revision, phase, body in more:
        with open(os.path.join(directory, 'versions', f'{revision}.py'), 'w') as file:
            file.write(SCRIPT.format(revision, before, phase, body))
        before = revision
    return fixtures.MonkeyPatch('marconi.storage.sqlalchemy.migration.SCRIPTS', directory)
