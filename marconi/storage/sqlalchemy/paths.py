"""Which way a statement takes through an index, on every database.

Planners prefer the primary key when it has the wanted order, even if that means
to walk over all that another index would leave out; and they keep plans that
they made while a table was small. So the statements that matter are written
such that there is one way.
"""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import tables


#: Where PostgreSQL has a row: the shortest way to it within one statement.
ROW = sa.literal_column('messages.ctid')


class Paths:

    def __init__(self, dialect):
        """
        :param dialect: 'postgresql', 'mysql' (MariaDB too) or 'sqlite'.
        """
        self._postgresql = dialect == 'postgresql'

    def through(self, select, index):
        """Return a SELECT that reads the table of ``index`` through that index.

        By a hint where there are hints: in MariaDB and MySQL.
        """
        name = index.name or 'PRIMARY'
        for dialect in ('mysql', 'mariadb'):
            select = select.with_hint(index.table, f'FORCE INDEX ({name})', dialect)
        return select

    def along(self, select, index, *values, after):
        """Return a SELECT of the entries of ``index`` that begin with ``values``.

        :param after: only those whose last column is greater, in its order.
        """
        *equal, column = index.columns
        select = self.through(select, index).where(equal[0] == values[0])
        if not self._postgresql:
            return select.where(equal[1] == values[1], column > after).order_by(column)
        # PostgreSQL has no hints. A comparison of rows says the same, and only
        # this index has the order that goes with it.
        return select.where(
            sa.tuple_(equal[1], column) > sa.tuple_(values[1], after),
            equal[1] <= values[1],
        ).order_by(equal[1], column)

    def up_to(self, select, index, *values, most):
        """Return a SELECT of the entries between ``values`` and ``most``, in order.

        :param values: of the first columns of ``index``; exclusive of the last.
        :param most: the greatest value of that column, inclusive.
        """
        first, column, last = index.columns
        select = self.through(select, index).where(first == values[0], column <= most)
        if not self._postgresql:
            return select.where(column > values[1])
        return select.where(  # as above
            sa.tuple_(column, last) > sa.tuple_(values[1], tables.FOREVER),
        ).order_by(column, last)

    def exactly(self, select, queue, seq):
        """Return a SELECT of one message, by its primary key, for PostgreSQL.

        While a table looks empty every index seems as good. Of a range of one, only the
        primary key has the order that is asked for.
        """
        of = tables.messages.c
        return select.where(of.queue_id == queue, of.seq >= seq, of.seq <= seq).order_by(
            of.seq).limit(1)

    def at(self, select, column, positions):
        """Return a SELECT of the rows whose ``column`` is among ``positions``, sorted.

        :param positions: a small SELECT of one column, run once and first.
        """
        found = positions.subquery('positions')
        if not self._postgresql:
            return select.join(found, column == found.columns[0]).order_by(column)
        # One look-up for each, where PostgreSQL might think of going through
        # all of the queue once. MariaDB has no LATERAL, and no such idea.
        row = select.where(column == found.columns[0]).limit(1).lateral('row')
        return sa.select(row).join_from(found, row, sa.true()).order_by(row.c[column.name])
