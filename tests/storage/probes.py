"""Looking over the shoulder of a store: its statements, and what they cost."""

import contextlib
import itertools
import uuid

from psycopg import sql
import sqlalchemy as sa

from marconi.storage.sqlalchemy import rows
from marconi.storage.sqlalchemy import tables


def watch(store, note):
    """Let ``note(statement, parameters)`` be called before each statement that a store runs."""

    def through_sqlalchemy(connection, cursor, statement, parameters, context, executemany):
        note(statement, parameters[0] if executemany else parameters)

    sa.event.listen(store.engine, 'before_cursor_execute', through_sqlalchemy)
    store.database.on_run = lambda statement, parameters: note(str(statement), parameters)

    def stop():
        sa.event.remove(store.engine, 'before_cursor_execute', through_sqlalchemy)
        store.database.on_run = None

    return stop


@contextlib.contextmanager
def statements(store):
    """Collect (statement, parameters) of everything that the store executes."""
    seen = []
    stop = watch(store, lambda *found: seen.append(found))
    try:
        yield seen
    finally:
        stop()


def changes(statement):
    """Return whether a statement changes something."""
    first = statement.split()[0]
    return first in ('INSERT', 'UPDATE', 'DELETE') or first == 'WITH' and any(
        word in statement for word in ('INSERT INTO', 'UPDATE messages', 'DELETE FROM'))


def explain(connection, statement, parameters):
    """What running a statement costs, as a list of complaints and a number of rows read.

    The statement is run, in a transaction that the caller rolls back.
    """
    of_dialect = {'postgresql': _explain_postgresql, 'sqlite': _explain_sqlite}.get(
        connection.dialect.name, _explain_mariadb)
    return of_dialect(connection, statement, parameters)


def pages(connection, statement, parameters):
    """How many pages running a statement touches, on PostgreSQL."""
    plan = Prepared(connection, statement, parameters).run(connection)
    return plan['Shared Hit Blocks'] + plan['Shared Read Blocks']


#: Too small to have an index looked into, or to matter.
SMALL = {'alembic_version', 'garbage', 'leases', 'settings'}


class Prepared:
    """A statement of PostgreSQL with a plan for any parameters, made now and kept.

    That is what the driver comes to after some executions. A plan made for the very
    parameters can only be better.
    """

    _names = itertools.count()

    def __init__(self, connection, statement, parameters):
        self.statement, self._name = statement, f'probe_{next(self._names)}'
        if isinstance(parameters, dict):
            places = {name: f'${number}' for number, name in enumerate(parameters, 1)}
            statement, parameters = statement % places, parameters.values()
        connection.exec_driver_sql('SET plan_cache_mode = force_generic_plan')
        connection.exec_driver_sql(f'PREPARE {self._name} AS {statement}')
        values = ', '.join(sql.Literal(_another(value)).as_string() for value in parameters)
        self._execute = f'EXECUTE {self._name} ({values})' if values else f'EXECUTE {self._name}'
        connection.exec_driver_sql(f'EXPLAIN {self._execute}')

    def run(self, connection):
        """Run it and return the root of its plan."""
        [plan] = connection.exec_driver_sql(
            f'EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {self._execute}').scalar_one()
        return plan['Plan']

    def cost(self, connection):
        """What ``explain`` returns."""
        plan = self.run(connection)
        complaints, read = [], 0
        for node in _nodes(plan):
            found = node['Actual Rows'] * node['Actual Loops']
            if 'Relation Name' in node:
                read += found + node.get('Rows Removed by Filter', 0) * node['Actual Loops']
            if node['Node Type'] == 'Seq Scan' and node['Relation Name'] not in SMALL:
                complaints.append(f'full scan of {node["Relation Name"]}')
            if node['Node Type'] == 'Sort' and found > 1000:
                complaints.append(f'sort of {found} rows')
        return complaints, read, '\n'.join(
            f'{node["Node Type"]} {node.get("Index Name", node.get("Relation Name", ""))} '
            f'rows={node["Actual Rows"]} loops={node["Actual Loops"]} '
            f'removed={node.get("Rows Removed by Filter", 0)}' for node in _nodes(plan))

    def fault(self, connection, enough):
        """Say what is wrong with the kept plan; None when it is good."""
        connection.exec_driver_sql("SET statement_timeout = '3s'")
        try:
            _, read, plan = self.cost(connection)
        except sa.exc.OperationalError:
            read, plan = 'too many', connection.exec_driver_sql(f'EXPLAIN {self._execute}')
            plan = '\n'.join(plan.scalars())
        finally:
            connection.exec_driver_sql('SET statement_timeout = 0')
        if read == 'too many' or read > enough:
            return f'{read} rows read\n{self.statement}\n{plan}'


def _another(value):
    """A claim that is made again needs another id."""
    if isinstance(value, list) and value and rows.CLAIM_ID.match(str(value[0])):
        return [uuid.uuid4().hex for _ in value]
    return value


def _explain_postgresql(connection, statement, parameters):
    return Prepared(connection, statement, parameters).cost(connection)


def _nodes(plan):
    yield plan
    for child in plan.get('Plans', ()):
        yield from _nodes(child)


def _explain_sqlite(connection, statement, parameters):
    # SQLite counts no rows, but tells how much of an index it uses: it must be more than
    # the queue, since a queue may be large.
    plan = [row.detail for row in connection.exec_driver_sql(
        f'EXPLAIN QUERY PLAN {statement}', parameters)]
    complaints = []
    for step in plan:
        table = step.split()[1] if step.startswith(('SCAN', 'SEARCH')) else ''
        if step.startswith('SCAN') and table in tables.metadata.tables and table not in SMALL:
            complaints.append(f'full scan: {step}')
        if step.startswith('SEARCH messages') and (
                'available_at<?' in step and 'available_at>?' not in step
                or step.endswith('(queue_id=?)') and 'seq IN' in statement):
            complaints.append(f'most of a queue: {step}')
    return complaints, 0, '\n'.join(plan)


def _explain_mariadb(connection, statement, parameters):
    plan = connection.exec_driver_sql(f'EXPLAIN {statement}', parameters).mappings().all()
    complaints = []
    for row in plan:
        table = str(row['table'])
        if row['type'] in ('ALL', 'index') and not table.startswith('<') and table not in SMALL:
            complaints.append(f'full scan ({row["type"]}) of {table}')
    before = _handler_reads(connection)
    connection.exec_driver_sql(statement, parameters)
    nothing = _handler_reads(connection)
    read = nothing - before - (_handler_reads(connection) - nothing)
    return complaints, read, '\n'.join(map(str, map(dict, plan)))


def _handler_reads(connection):
    found = connection.exec_driver_sql("SHOW SESSION STATUS LIKE 'Handler_read%%'")
    return sum(int(row[1]) for row in found)
