"""Statements that are compiled once, and then go straight to the driver.

SQLAlchemy looks each statement up in a cache, by a key made of all its parts, and wraps
what comes back several times: that takes longer than many a query. So what runs for
nearly every request is prepared.
"""

import collections
import functools
import operator

from marconi.storage.sqlalchemy import postgresql

#: For how many combinations of the lengths of its lists a statement is kept.
MOST_LENGTHS = 200


class Prepared:
    """A statement that is called with a ``sessions.Session`` and its values.

    It returns a list of rows, as named tuples, or the number of rows that it changed if it
    is one that yields none.
    """

    def __init__(self, database, statement, columns=None):
        """
        :param database: an ``engine.Database``.
        :param statement: of SQLAlchemy Core.
        :param columns: of an INSERT: the columns that it fills.
        """
        self._database = database
        self._statement = statement
        self._columns = columns
        self._of_lengths = functools.lru_cache(MOST_LENGTHS)(self._expand)

    def __call__(self, connection, values):
        """
        :param values: {name of a parameter: value}, all of them.
        """
        form = self.form(values)
        found = self._database.run(connection, form.text, form.arguments(values), form.fetch)
        return form.rows(found) if form.fetch else found

    def form(self, values):
        """Return the ``Form`` for lists as long as those in ``values``."""
        return self._of_lengths(*[len(values[name]) for name in self._lists])

    def many(self, connection, rows):
        """Run it for each of a list of values, in as few round trips as the driver knows."""
        form = self._of_lengths()
        self._database.run_many(connection, form.text, list(map(form.arguments, rows)))

    # When it first runs: a store has some hundred statements, and most processes need few.
    @functools.cached_property
    def _compiled(self):
        database = self._database
        dialect = postgresql.DIALECT if database.has_arrays else database.engine.dialect
        return self._statement.compile(dialect=dialect, column_keys=self._columns)

    @functools.cached_property
    def _lists(self):
        """The names of the parameters that are lists."""
        return sorted(name for name, bind in self._compiled.binds.items() if bind.expanding)

    def _expand(self, *lengths):
        return Form(self._compiled, dict(zip(self._lists, lengths, strict=True)),
                    self._database.has_arrays)


class Form:
    """The text for lists of certain lengths.

    :ivar text: what ``engine.Database.run`` takes.
    :ivar fetch: whether it yields rows.
    """

    def __init__(self, compiled, lengths, has_arrays):
        self._constants = {name: value for name, value in compiled.params.items()
                           if value is not None}
        self._row = _row(compiled)
        self.fetch = self._row is not None
        samples = {name: 0 for name in compiled.params} | self._constants | {
            name: [0] * length for name, length in lengths.items()}
        expanded = compiled.construct_expanded_state(samples)
        self.text = expanded.statement
        self._elements = expanded.parameter_expansion
        self._names = expanded.positiontup
        self._by_name = self._names is None
        if self._by_name:
            self._names = [name for name in compiled.params if name not in lengths]
            self._names += [name for names in self._elements.values() for name in names]
        if has_arrays:
            self.text = postgresql.Statement(
                self.text, [compiled.binds[name].type for name in self._names])
        self._take = _taker(self._names)

    def arguments(self, values):
        """Return what the driver needs, in its order or by name."""
        values = {**self._constants, **values}
        for name, elements in self._elements.items():
            values.update(zip(elements, values[name]))
        taken = self._take(values)
        return dict(zip(self._names, taken)) if self._by_name else taken

    def rows(self, found):
        """Return named tuples for what the driver yields."""
        return list(map(self._row, found))


def _row(compiled):
    names = [column.keyname for column in compiled._result_columns]
    return collections.namedtuple('Row', names)._make if names else None


def _taker(names):
    if len(names) > 1:
        return operator.itemgetter(*names)
    return lambda values: [values[name] for name in names]
