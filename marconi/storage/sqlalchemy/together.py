"""What many threads ask, of several kinds, in one transaction: where the database can.

Each kind of operation is one statement for any number of items. What is waiting is sent
in one go, statement after statement, with one commit at the end: so posts, claims and
deletions share what a round trip, a commit and the sleep of a thread cost.
"""

import functools

from marconi.storage.sqlalchemy import group


class Operation:
    """One kind.

    :ivar turn: its place in a transaction. One order for all, so that no two transactions
        wait for each other.
    """

    turn = None

    def __init__(self, database):
        self.database = database

    @functools.cached_property
    def statement(self):
        """The statement, a ``prepared.Prepared`` that yields rows; made when it first runs."""
        return self.database.prepare(self.build())

    def build(self):
        """Return the statement, of SQLAlchemy Core."""
        raise NotImplementedError

    def values(self, items):
        """Return the values of the statement for a list of items."""
        raise NotImplementedError

    def results(self, items, found):
        """Return one result for each item, made of the rows that were found.

        One that is an exception is raised to its caller alone.
        """
        raise NotImplementedError


class Together:

    def __init__(self, database):
        self._database = database
        self._group = group.GroupCommit(self._run, 1)

    def submit(self, operation, item, share):
        """Return what an ``Operation`` makes of an item.

        :param share: how much of a group that may be, as a fraction.
        """
        return self._group.submit((operation, item), share)

    def _run(self, asked):
        kinds = {}
        for place, (operation, item) in enumerate(asked):
            kinds.setdefault(operation, []).append((place, item))
        kinds = [(operation, *zip(*kinds[operation], strict=True))
                 for operation in sorted(kinds, key=_turn)]
        results = [None] * len(asked)
        for (operation, places, items), found in zip(
                kinds, self._database.write_once(self._execute, kinds), strict=True):
            for place, result in zip(places, operation.results(items, found), strict=True):
                results[place] = result
        return results

    def _execute(self, connection, kinds):
        return self._database.run_together(connection, [
            (operation.statement, operation.values(items)) for operation, _, items in kinds])


def _turn(operation):
    return operation.turn
