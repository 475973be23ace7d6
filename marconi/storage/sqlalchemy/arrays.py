"""Any number of rows in one statement with one plan: parallel arrays, for PostgreSQL."""

import functools

import sqlalchemy as sa


def columns(names, rows):
    """Return {name: list of values} for rows that are sequences."""
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def unnested(types):
    """Return a table of any number of rows for one plan: parallel arrays, unnested.

    Only where the database has arrays. ``n`` counts the rows from 1.

    :param types: {name of a column, and of the parameter with its values: type}
    """
    arrays = [sa.bindparam(column, type_=sa.ARRAY(type)) for column, type in types.items()]
    return sa.func.unnest(*arrays).table_valued(
        *(sa.column(column, type) for column, type in types.items()),
        with_ordinality='n').render_derived()


def of_dicts(rows):
    """Return {name: list of values} for dicts with the same keys."""
    return {name: [row[name] for row in rows] for name in rows[0]}


@functools.cache
def unnested_insert(table, names, numbered=None, sequence=None):
    """INSERT of any number of rows with a single plan: arrays, unnested.

    :param numbered: a column that takes the next number of ``sequence``, and is
        returned.
    """
    types = {name: sa.Text() if isinstance(table.c[name].type, sa.String)
             else table.c[name].type for name in names}
    rows = unnested(types)
    values = [rows.c[name] for name in names]
    if not numbered:
        return sa.insert(table).from_select(names, sa.select(*values))
    return sa.insert(table).from_select(
        [*names, numbered], sa.select(*values, sequence.next_value()),
    ).returning(table.c[numbered])
