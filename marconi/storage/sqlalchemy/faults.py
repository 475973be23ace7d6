"""What an error of a database means: lost a race, is gone, or our own fault.

Told by error codes, never by the text of messages.

* PostgreSQL: SQLSTATE classes, https://www.postgresql.org/docs/current/errcodes-appendix.html
* MariaDB, MySQL: error numbers; 1047 and 1213 are also how Galera says "not
  part of the cluster" and "lost at certification".
* SQLite: result codes, the primary one in the low byte.
"""

from sqlalchemy import exc

# 26000: the prepared statement is not there any more.
_PG_CONFLICTS = {'40001', '40P01', '55P03', '26000'}
# 08 connection, 53 resources, 57P01-57P05 shutdown, 25006 a read-only replica.
_PG_UNAVAILABLE = ('08', '53', '57P', '25006')
# A table or a column that is not there.
_PG_OLDER = {'42P01', '42703'}
_MYSQL_OLDER = {1146, 1054}
_MYSQL_CONFLICTS = {1213, 1205, 1020}
_MYSQL_UNAVAILABLE = {0, 1021, 1040, 1047, 1053, 1077, 1079, 1114, 1129, 1158, 1159, 1160,
                      1161, 1226, 1290, 1792, 1836, 1927, 2002, 2003, 2006, 2013, 2014, 2055}
_SQLITE_CONFLICTS = {5, 6}
_SQLITE_UNAVAILABLE = {8, 10, 13, 14}


def of_driver(dialect, error, text=None, connection=None):
    """Return what SQLAlchemy would have raised for an error of the driver.

    :param connection: the driver's; None if there is none.
    """
    return exc.DBAPIError.instance(
        text, None, error, dialect.dbapi.Error, hide_parameters=True, dialect=dialect,
        connection_invalidated=dialect.is_disconnect(error, connection, None))


def is_conflict(error):
    """Return whether the same transaction may succeed when run again."""
    code = _code(error)
    if isinstance(code, str):
        return code in _PG_CONFLICTS
    return code in _MYSQL_CONFLICTS if _is_mysql(error) else (
        code is not None and code & 0xff in _SQLITE_CONFLICTS)


def is_disconnect(error):
    """Return whether the connection broke: the next one may be good."""
    return isinstance(error, exc.DBAPIError) and error.connection_invalidated


def is_unavailable(error):
    """Return whether the database does not answer, for now."""
    if isinstance(error, exc.TimeoutError) or is_disconnect(error):
        return True
    code = _code(error)
    if isinstance(code, str):
        return code.startswith(_PG_UNAVAILABLE)
    if _is_mysql(error):
        return code in _MYSQL_UNAVAILABLE
    if code is None:  # psycopg could not connect: there is no SQLSTATE
        return isinstance(error, exc.OperationalError)
    return code & 0xff in _SQLITE_UNAVAILABLE


def is_older_schema(error):
    """Return whether the schema lacks what a statement needs. SQLite does not tell."""
    return _code(error) in (_MYSQL_OLDER if _is_mysql(error) else _PG_OLDER)


def brief(error):
    """Return the driver's message in one line, without statement and values."""
    return ' '.join(str(getattr(error, 'orig', None) or error).split())


def _is_mysql(error):
    return 'mysql' in type(getattr(error, 'orig', None)).__module__.lower()


def _code(error):
    original = getattr(error, 'orig', None)
    if _is_mysql(error):
        number = original.args[0] if original.args else None
        return number if isinstance(number, int) else None
    for name in ('sqlstate', 'pgcode', 'sqlite_errorcode'):
        if hasattr(original, name):
            return getattr(original, name)
    return None
