"""Cost does not grow with the pile (P7): every hot statement finds what it needs by an index.

The tables are filled with some 200,000 messages in many queues. Then each operation
runs, its statements are caught, and each is run again under the eyes of the database,
which counts the rows that it reads: few, whatever else is there.
"""

import collections

import sqlalchemy as sa
from testtools import content

from marconi import objects
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage import probes
from tests.storage.contract import support

QUEUES = 1000
#: The large queue: fresh, returned and delayed messages, those in flight and expired ones.
LARGE, IN_FLIGHT, RETURNED, DELAYED, EXPIRED = 150_000, 60_000, 5_000, 5_000, 100
SMALL_QUEUE = 50
#: How many messages a claim of the large queue holds.
HELD = 10
#: Rows that any statement may read, for the ten messages it deals with.
ENOUGH = 400
#: Statements that any operation may take, BEGIN and COMMIT among them.
MOST_STATEMENTS = 12

NOW = support.START
HOUR = 3_600_000


def fill(connection, large, others):
    """Fill the tables in a few statements, which every database understands."""
    _numbers(connection, LARGE)
    first = connection.scalar(sa.text('SELECT coalesce(max(seq), 0) FROM messages'))
    # In the order of the positions: in flight, returned, delayed, expired, fresh.
    ends = [IN_FLIGHT, IN_FLIGHT + RETURNED, IN_FLIGHT + RETURNED + DELAYED]
    available = (f'CASE WHEN n <= {ends[0]} THEN {NOW + HOUR} + floor((n - 1) / {HELD}) '
                 f'WHEN n <= {ends[1]} THEN {tables.RETURNED} '
                 f'WHEN n <= {ends[2]} THEN {NOW + HOUR} + n ELSE {tables.FRESH} END')
    claim = f"CASE WHEN n <= {ends[0]} THEN {_hex(f'floor((n - 1) / {HELD})', connection)} END"
    expires = (f'CASE WHEN n > {ends[2]} AND n <= {ends[2] + EXPIRED} '
               f'THEN {NOW - HOUR} + n ELSE {NOW + 24 * HOUR} + n END')
    _insert(connection, large.id, f'{first} + n', available, claim, expires, 'numbers')
    _insert(connection, f'{others[0].id} + floor((n - 1) / {SMALL_QUEUE})',
            f'{first + LARGE} + n', str(tables.FRESH), 'NULL', f'{NOW + 24 * HOUR} + n',
            f'numbers WHERE n <= {SMALL_QUEUE * len(others)}')
    connection.execute(sa.text(
        f'INSERT INTO claims (queue_id, id, ttl, grace, renewed_at, expires_at, sweep_at) '
        f'SELECT {large.id}, {_hex("n - 1", connection)}, 3600, 60, {NOW}, '
        f'{NOW + HOUR} + n - 1, {NOW + HOUR} + n - 1 '
        f'FROM numbers WHERE n <= {IN_FLIGHT // HELD}'))
    connection.execute(sa.text(
        f'INSERT INTO delays (queue_id, due_at, sweep_at) '
        f'SELECT {large.id}, {NOW + HOUR} + n, {NOW + HOUR} + n '
        f'FROM numbers WHERE n > {ends[1]} AND n <= {ends[2]}'))
    connection.execute(sa.text(
        f'INSERT INTO moved (queue_id, origin_queue, origin_seq, seq, moved_at) '
        f'SELECT {others[0].id}, {large.id}, n, {first + LARGE} + n, {NOW} + n '
        'FROM numbers WHERE n <= 20000'))
    last = first + LARGE + SMALL_QUEUE * len(others)
    connection.execute(sa.text(f'UPDATE streams SET last_seq = {last}'))
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.text(f"SELECT setval('message_seq', {last})"))
    connection.execute(sa.text('DROP TABLE numbers'))


def _numbers(connection, count):
    series = {
        'postgresql': f'SELECT n FROM generate_series(1, {count}) AS n',
        'sqlite': 'WITH RECURSIVE series(n) AS (SELECT 1 UNION ALL '
                  f'SELECT n + 1 FROM series WHERE n < {count}) SELECT n FROM series',
    }.get(connection.dialect.name, f'SELECT seq AS n FROM seq_1_to_{count}')
    connection.execute(sa.text(f'CREATE TABLE numbers AS {series}'))


def _hex(number, connection):
    return {
        'postgresql': f"lpad(to_hex(({number})::bigint), 32, '0')",
        'sqlite': f"printf('%032x', {number})",
    }.get(connection.dialect.name, f"lpad(lower(hex({number})), 32, '0')")


def _insert(connection, queue, seq, available, claim, expires, source):
    body = "convert_to('{}', 'UTF8')" if connection.dialect.name == 'postgresql' else "'{}'"
    connection.execute(sa.text(
        'INSERT INTO messages (queue_id, seq, available_at, created_at, expires_at, claim_count, '
        'claim_id, client_id, encoding, body) '
        f"SELECT {queue}, {seq}, {available}, {NOW} - 1000, {expires}, 0, {claim}, 'client', 0, "
        f'{body} FROM {source}'))


class LargeQueue(base.OnEveryDatabase, base.TestCase):
    """A store with a queue that will be large."""

    def setUp(self):
        super().setUp()
        self.clock = support.Clock(NOW)
        self.store = our_store.Store(self.database_url(fresh=True), clock=self.clock)
        self.addCleanup(self.store.dispose)
        self.large = self.new_queue('large')

    def new_queue(self, name):
        self.store.queues.create('project', name, {})
        return self.store.streams.open(self.store.queues.get('project', name))


class TestPlans(LargeQueue):

    def fill(self):
        self.others = [self.new_queue(f'queue-{number}') for number in range(2)]
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            self.more_queues(connection)
            fill(connection, self.large, self.others)
            connection.exec_driver_sql('COMMIT')
            quote = connection.dialect.identifier_preparer.quote_identifier
            names = ', '.join(quote(table.name) for table in tables.metadata.sorted_tables)
            # SQLite is left without statistics: nobody makes them for an embedded database.
            gather = {'postgresql': f'VACUUM ANALYZE {names}', 'sqlite': 'SELECT 1'}
            connection.exec_driver_sql(gather.get(self.backend, f'ANALYZE TABLE {names}'))

    def more_queues(self, connection):
        rows = [{'project': f'project-{number % 50}', 'name': f'name-{number}', 'revision': 0,
                 'metadata': b'{}', 'pool': None} for number in range(QUEUES)]
        connection.execute(sa.insert(tables.queues), rows)
        connection.execute(sa.insert(tables.usage), [
            {'project': f'tenant-{number}', 'messages': 1, 'bytes': 1,
             'count_at': NOW - HOUR + number * 1000} for number in range(5000)])
        found = connection.execute(sa.select(tables.queues.c.id, tables.queues.c.project,
                                             tables.queues.c.name).order_by(tables.queues.c.id))
        known = {self.large.id, *(queue.id for queue in self.others)}
        queues = [objects.Queue(id=row.id, project=row.project, name=row.name, metadata={},
                                generation=1) for row in found if row.id not in known]
        connection.execute(sa.insert(tables.streams), [
            {'id': queue.id, 'generation': 1, 'floor': 0, 'last_seq': 0} for queue in queues])
        self.others = queues

    def operations(self):
        """Yield (name, operation): everything that requests and the janitor do often."""
        messages, claims, sweeps = self.store.messages, self.store.claims, self.store.sweeps
        large, small = self.large, self.others[5]
        first = messages.list(large, limit=1000)
        marker, middle = first[0].id, first[-1].id
        held = claims.create(large, 3600, 60, 10)
        queues = [large, *self.others[:20]]
        yield 'post one', lambda: messages.post(large, [support.new()], 'client')
        yield 'post twenty', lambda: messages.post(
            large, support.several(10) + support.several(10, delay=60), 'client')
        yield 'post to a small queue', lambda: messages.post(small, support.several(5), 'client')
        for name, filters in {
                'list': {}, 'list from a marker': {'marker': marker},
                'list from the middle': {'marker': middle},
                'list with claimed': {'include_claimed': True},
                'list with delayed': {'include_delayed': True, 'marker': middle},
                'list others': {'skip_client': 'somebody'},
                'list all': {'include_claimed': True, 'include_delayed': True}}.items():
            yield name, lambda filters=filters: messages.list(large, **filters)
        yield 'list a small queue', lambda: messages.list(small)
        yield 'get', lambda: messages.get(large, [marker, middle])
        yield 'get a dead letter', lambda: messages.get(self.others[0], [marker, middle])
        yield 'delete', lambda: messages.delete(large, middle)
        yield 'delete with a claim', lambda: messages.delete(
            large, held.messages[0].id, held.id)
        yield 'delete many', lambda: messages.delete_many(
            large, [message.id for message in first[500:520]])
        yield 'delete many with claims', lambda: messages.delete_many(
            large, [message.id for message in held.messages], [held.id])
        yield 'pop', lambda: messages.pop(large, 10)
        yield 'pop a small queue', lambda: messages.pop(small, 10)
        yield 'measure', lambda: messages.measure(large, limit=10)
        yield 'measure from the middle', lambda: messages.measure(large, large.floor + 50_000, 10)
        yield 'signals', lambda: messages.signals(queues)
        yield 'claim', lambda: claims.create(large, 60, 60, 10)
        yield 'claim in a small queue', lambda: claims.create(small, 60, 60, 10)
        yield 'claim, with dead letters', lambda: claims.create(
            large, 60, 60, 10, objects.DeadLetters(queue=small, max_claims=1))
        yield 'show a claim', lambda: claims.get(large, held.id)
        yield 'renew', lambda: claims.renew(large, held.id, 600, 60)
        yield 'release', lambda: claims.release(large, held.id)
        yield 'find a queue', lambda: self.store.queues.get('project-7', 'name-7')
        yield 'find queues', lambda: self.store.queues.existing(
            [('project-7', 'name-7'), ('project-8', 'name-8')])
        yield 'list queues', lambda: self.store.queues.list('project-7')
        yield 'open', lambda: self.store.streams.open(large)
        yield 'lease', lambda: self.store.leases.acquire('sweep', 'one', 60)
        yield 'count the backlog', lambda: self.store.backlog.count(0, 50)
        yield 'count the backlog of small queues', lambda: self.store.backlog.count(
            self.others[0].id, 100)
        yield 'oldest', lambda: self.store.backlog.oldest([large.id, small.id])
        usage = self.store.usage
        yield 'usage', lambda: usage.get('tenant-9')
        yield 'add to the usage', lambda: usage.add({'tenant-9': (1, 1), 'tenant-8': (1, 1)})
        yield 'mark for a count', lambda: usage.mark('tenant-4999')
        for asked in (True, False):
            yield f'count, {asked}', lambda asked=asked: usage.finish_count(
                usage.begin_count(asked), 2, 2, 60)
        for name in ('expired_messages', 'expired_claims', 'ended_delays', 'purged_messages',
                     'moved_ids'):
            yield name, lambda name=name: getattr(sweeps, name)(10)
            yield name + ' when there is much', lambda name=name: self.later(
                getattr(sweeps, name))
        # Last, for nothing is left then. The janitor has the rest.
        yield 'purge', lambda: self.store.streams.purge(large)
        yield 'sweep of a purged queue', lambda: sweeps.purged_messages(10)
        yield 'close', lambda: self.store.streams.close(large)
        yield 'sweep of a closed queue', lambda: sweeps.purged_messages(10)

    def later(self, sweep):
        """Sweep when every claim and delay has ended, but most messages live."""
        self.clock.move(7200)
        try:
            return sweep(10)
        finally:
            self.clock.move(-7200)

    def test_every_hot_statement_reads_few_rows(self):
        self.fill()
        faults, figures = [], collections.Counter()
        for name, operation in self.operations():
            with probes.statements(self.store) as seen:
                operation()
            if len(seen) > MOST_STATEMENTS:
                faults.append(f'{name}: {len(seen)} statements')
            for statement, parameters in seen:
                if statement.split()[0] not in ('SELECT', 'UPDATE', 'DELETE', 'WITH'):
                    continue
                complaints, read, plan = self.explain(statement, parameters)
                figures[name] = max(figures[name], read)
                if read > ENOUGH:
                    complaints.append(f'{read} rows read')
                if complaints:
                    faults.append(f'{name}: {"; ".join(complaints)}\n{statement}\n{plan}')
        self.addDetail('rows read', content.text_content(
            '\n'.join(f'{count:8} {name}' for name, count in figures.most_common())))
        self.assertEqual([], faults, '\n\n'.join(faults))

    def explain(self, statement, parameters):
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            try:
                return probes.explain(connection, statement, parameters)
            finally:
                connection.exec_driver_sql('ROLLBACK')


class TestKeptPlans(LargeQueue):

    # A connection of PostgreSQL keeps its plans: they must do when the tables have filled.
    scenarios = [scenario for scenario in base.OnEveryDatabase.scenarios
                 if scenario[0] == 'postgresql']

    def test_plans_made_while_the_tables_were_empty(self):
        large = self.large
        others = [self.new_queue(f'queue-{number}') for number in range(40)]
        with probes.statements(self.store) as seen:
            for filters in ({}, {'skip_client': 'somebody'}, {'include_claimed': True}):
                self.store.messages.list(large, **filters)
            self.store.messages.pop(large, 10)
            self.store.claims.create(large, 60, 60, 10)
            [posted] = self.store.messages.post(large, [support.new()], 'client')
            self.store.messages.delete(large, posted)
            self.store.messages.stats(others[0])
            self.store.messages.signals([large])
        with self.store.engine.connect() as connection:
            plans = [probes.Prepared(connection, *found) for found in seen
                     if found[0].startswith(('SELECT', 'WITH'))]
            # Through another connection: the driver forgets its plans after a DROP.
            with self.store.engine.connect() as another:
                another.exec_driver_sql('BEGIN')
                fill(another, large, others)
                another.exec_driver_sql('COMMIT')
            faults = [fault for plan in plans if (fault := plan.fault(connection, ENOUGH))]
        self.assertEqual([], faults, '\n\n'.join(faults))
