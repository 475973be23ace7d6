"""Database URLs: read, compared, and made fit to be shown."""

import os

import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception

HIDDEN = '***'
PORTS = {'postgresql': 5432, 'mysql': 3306, 'sqlite': None}


def parse(url):
    """Return an ``sqlalchemy.URL``.

    :raises ValueError: it is malformed or of an unknown kind. The message does
        not repeat it, since there may be a password in it.
    """
    try:
        parsed = sa.make_url(url)
    except (exc.ArgumentError, ValueError):
        parsed = None
    if parsed is None or _kind(parsed) not in PORTS:
        raise ValueError('The database must be an SQLAlchemy URL that begins with sqlite, '
                         'postgresql, mysql or mariadb.')
    return parsed


def hide(url):
    """Return the URL with ``***`` in place of passwords; or of all, if it is malformed."""
    try:
        parsed = parse(url)
    except ValueError:
        return HIDDEN
    secrets = {name: HIDDEN for name in parsed.query if 'passw' in name.lower()}
    return parsed.update_query_dict(secrets).render_as_string(hide_password=True)


def place(url):
    """Return (kind, host, port, database, options) of the database.

    The query can say everything again, and then counts. By options PostgreSQL
    can be told to use other tables of the same database.
    """
    parsed = parse(url)
    kind, query = _kind(parsed), parsed.query
    if kind == 'sqlite':
        return kind, None, None, os.path.realpath(parsed.database or ''), None
    host = query.get('host') or query.get('unix_socket') or parsed.host or 'localhost'
    port = query.get('port') or parsed.port or PORTS[kind]
    database = query.get('dbname') or parsed.database
    return kind, _text(host).lower(), _text(port), database, query.get('options')


def check_file(url):
    """Return if there is a file, should the database be one.

    Opening it would make it.

    :raises ValueError, StorageUnavailable:
    """
    parsed = parse(url)
    if _kind(parsed) != 'sqlite':
        return
    if not parsed.database or parsed.database == ':memory:':
        raise ValueError('The database must be a file: what is in memory is of one process.')
    if not os.path.exists(parsed.database):
        raise exception.StorageUnavailable(f'There is no file {parsed.database}.')


def _kind(parsed):
    kind = parsed.get_backend_name()
    return 'mysql' if kind == 'mariadb' else kind


def _text(value):
    """Return a part that may be given several times as one text."""
    return ','.join(value) if isinstance(value, tuple) else str(value)
