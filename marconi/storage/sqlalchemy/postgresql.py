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

_GOOD = {pq.ExecStatus.COMMAND_OK, pq.ExecStatus.TUPLES_OK, pq.ExecStatus.PIPELINE_SYNC}
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

    def prepare(self, connection, info):
        prepared = info.setdefault('prepared', set())
        if self._name not in prepared:
            _check(connection.pgconn.prepare(self._name, self._text), connection, info)
            prepared.add(self._name)

    def packed(self, values):
        """Return the arguments with which libpq executes it."""
        return (self._name, [None if value is None else pack(value)
                             for pack, value in zip(self._pack, values, strict=True)],
                self._formats, _BINARY)


def run(connection, info, statement, values, fetch):
    """Return a list of tuples, or the number of rows that were changed.

    :param connection: psycopg's.
    :param info: a dict that belongs to the connection.
    :param statement: a ``Statement``; or a text without parameters and rows, such as BEGIN.
    :param fetch: whether it yields rows.
    :raises psycopg.Error:
    """
    if type(statement) is str:
        _check(connection.pgconn.exec_(statement.encode()), connection, info)
        return 0
    statement.prepare(connection, info)
    result = _check(connection.pgconn.exec_prepared(*statement.packed(values)), connection, info)
    return _rows(result, connection, info) if fetch else result.command_tuples or 0


def run_together(connection, info, statements):
    """Run statements that yield rows in one transaction; return lists of tuples.

    All are sent before an answer is awaited, and what follows the last of them commits
    (https://www.postgresql.org/docs/current/libpq-pipeline-mode.html).

    :param statements: list of (``Statement``, values).
    :raises psycopg.Error:
    """
    if len(statements) == 1:
        [(statement, values)] = statements
        return [run(connection, info, statement, values, True)]
    for statement, _ in statements:
        statement.prepare(connection, info)
    packed = [statement.packed(values) for statement, values in statements]
    raw = connection.pgconn
    try:
        raw.enter_pipeline_mode()
        for arguments in packed:
            raw.send_query_prepared(*arguments)
        raw.pipeline_sync()
        results = [_result(raw) for _ in statements]
        end = _result(raw)
        raw.exit_pipeline_mode()
    except BaseException:
        raw.finish()  # nobody knows what is still to come
        raise
    results = [_check(result, connection, info) for result in results]
    _check(end, connection, info)
    return [_rows(result, connection, info) for result in results]


def is_open(connection):
    """Whether the server has not ended the connection, as far as can be known without asking it."""
    if connection.closed:
        return False
    # Twice: it may have said first that it ends it. This does not give up the interpreter's
    # lock, as a poll would.
    try:
        connection.pgconn.consume_input()
        connection.pgconn.consume_input()
    except errors.OperationalError:
        return False
    return True


def _result(raw):
    """Return the next result in a pipeline.

    :raises psycopg.OperationalError: the connection broke.
    """
    answer = select.poll()
    answer.register(raw.socket, select.POLLIN)
    while raw.is_busy():
        answer.poll()
        raw.consume_input()
    result = raw.get_result()
    if result is None:
        raise errors.OperationalError('The server has closed the connection.')
    if result.status != pq.ExecStatus.PIPELINE_SYNC:
        raw.get_result()  # None: the end of this one
    return result


def _check(result, connection, info):
    """Return the result of libpq, or raise what psycopg would.

    :raises psycopg.Error:
    """
    if result.status not in _GOOD:
        error = errors.error_from_result(result, connection.info.encoding)
        if isinstance(error, errors.InvalidSqlStatementName):
            info.pop('prepared', None)  # somebody said DEALLOCATE ALL, or DISCARD
        raise error
    return result


def _rows(result, connection, info):
    reader = info.get('reader')
    if reader is None:
        reader = info['reader'] = adapt.Transformer(connection)
    reader.set_pgresult(result)
    try:
        return reader.load_rows(0, result.ntuples, tuple)
    finally:
        reader.set_pgresult(None)


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
