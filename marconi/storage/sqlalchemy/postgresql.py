"""The straight way to PostgreSQL, for prepared statements.

psycopg's cursors choose a type for each value, count who asks what how often and describe
each column: that takes twice as long as sending a statement and reading its answer. Here
types are known beforehand, so libpq is used by psycopg's own wrapper of it, and values go
both ways in PostgreSQL's binary format
(https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-FORMAT-CODES).
"""

import itertools
import select
import struct

from psycopg import adapt
from psycopg import errors
from psycopg import pq
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import psycopg

#: How statements name parameters: as the protocol does.
DIALECT = psycopg.dialect(paramstyle='numeric_dollar')

_GOOD = {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK}
_BINARY = 1
_names = itertools.count()


class Statement:
    """A statement that each connection prepares when it runs it first."""

    def __init__(self, text, types):
        """
        :param text: with parameters $1, $2, …
        :param types: SQLAlchemy's types of the parameters.
        """
        self._text = text.encode()
        self._name = f'marconi_{next(_names)}'.encode()
        self._pack = [_packer(type) for type in types]
        self._formats = [_BINARY] * len(self._pack)

    def __str__(self):
        return self._text.decode()

    def run(self, connection, info, values, fetch):
        """Return a list of tuples, or the number of rows that it changed.

        :param connection: psycopg's.
        :param info: a dict that belongs to the connection.
        :param fetch: whether it yields rows.
        :raises psycopg.Error:
        """
        raw = connection.pgconn
        prepared = info.setdefault('prepared', set())
        if self._name not in prepared:
            _check(raw.prepare(self._name, self._text), connection)
            prepared.add(self._name)
        try:
            result = _check(raw.exec_prepared(
                self._name, [None if value is None else pack(value)
                             for pack, value in zip(self._pack, values)],
                self._formats, _BINARY), connection)
        except errors.InvalidSqlStatementName:  # somebody said DEALLOCATE ALL, or DISCARD
            prepared.clear()
            raise
        if not fetch:
            return result.command_tuples or 0
        reader = adapt.Transformer(connection)
        reader.set_pgresult(result)
        return reader.load_rows(0, result.ntuples, tuple)


def run(connection, info, statement, values, fetch):
    """Run a ``Statement``, or a text without parameters and rows, such as BEGIN."""
    if type(statement) is str:
        _check(connection.pgconn.exec_(statement.encode()), connection)
        return 0
    return statement.run(connection, info, values, fetch)


def is_silent(connection):
    """Whether the server has said nothing unasked: what it says then is that it ends."""
    if connection.closed:
        return False
    waiting = select.poll()
    waiting.register(connection.pgconn.socket, select.POLLIN)
    return not waiting.poll(0)


def _check(result, connection):
    """Return the result of libpq, or raise what psycopg would.

    :raises psycopg.Error:
    """
    if result.status not in _GOOD:
        raise errors.error_from_result(result, connection.info.encoding)
    return result


def _packer(type):
    """Return the function that makes bytes of a value of one of SQLAlchemy's types."""
    if isinstance(type, sa.ARRAY):
        return _array_packer(type.item_type)
    number = _number(type)
    if number is None and not isinstance(type, (sa.String, sa.LargeBinary)):
        raise TypeError(f'A parameter needs a type, and has {type!r}.')
    return number.pack if number else _bytes


def _number(type):
    # In this order: each is a kind of the last one.
    for kind, format in ((sa.BigInteger, '>q'), (sa.SmallInteger, '>h'), (sa.Integer, '>i')):
        if isinstance(type, kind):
            return struct.Struct(format)
    return None


def _bytes(value):
    return value.encode() if isinstance(value, str) else value


#: Of an array: dimensions, whether there are NULLs, type; then of each dimension: length,
#: number of the first. Each element has its length in front; -1 is NULL.
_HEAD = struct.Struct('>iiIii')
_LENGTH = struct.Struct('>i').pack
_NULL = _LENGTH(-1)
_OIDS = {'>q': 20, '>h': 21, '>i': 23, 'text': 25, 'bytes': 17}


def _array_packer(type):
    number = _number(type)
    oid = _OIDS[number.format if number else 'text' if isinstance(type, sa.String) else 'bytes']
    pack = number.pack if number else _bytes

    def pack_array(values):
        parts = [_HEAD.pack(1, 1, oid, len(values), 1)]
        for value in values:
            if value is None:
                parts.append(_NULL)
            else:
                value = pack(value)
                parts += _LENGTH(len(value)), value
        return b''.join(parts)

    return pack_array
