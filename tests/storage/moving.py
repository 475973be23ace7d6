"""What the tests of moves are made of: three databases, and a queue that moves between two."""

from marconi import exception
from marconi.storage import moving
from marconi.storage import stores as stores_module
from marconi.storage.sqlalchemy import store
from tests.storage.contract import support

#: From which database to which; each is once on either side, and once with itself.
PAIRS = [('sqlite', 'postgresql'), ('postgresql', 'mariadb'), ('mariadb', 'sqlite'),
         ('postgresql', 'postgresql'), ('mariadb', 'postgresql')]
BATCH = 4


class BetweenDatabases:
    """Mixed in before TestCase: each test runs once per pair of databases."""

    scenarios = [(f'{source} to {target}', {'source': source, 'target': target})
                 for source, target in PAIRS]

    new_clock = support.Clock

    def setUp(self):
        super().setUp()
        self.clock = self.new_clock and self.new_clock()
        urls = {'old': self.database(self.source, 'old'), 'new': self.database(self.target, 'new')}
        self.control_url = self.database('sqlite', 'control')
        self.stores = self.open_stores()
        for name, url in urls.items():
            self.stores.control.pools.put(support.a_pool(name, uri=url, weight=0))
        self.stores.control.queues.create('project', 'queue', {}, 'old')

    def database(self, backend, name):
        self.backend = backend
        return self.database_url(name)

    def open_stores(self):
        """What another process would have."""
        control = store.Store(self.control_url, self.clock)
        stores = stores_module.Stores(
            control, lambda pool: store.Store(pool.uri, self.clock, ids_of=control))
        self.addCleanup(stores.close)
        return stores

    @property
    def queue(self):
        return self.stores.find_afresh('project', 'queue')

    @property
    def store(self):
        """The store in which the queue is now."""
        return self.stores.store_of(self.queue)

    def pool(self, name):
        return self.stores.store_in(name)

    def call(self, work):
        """Do something with the messages of the queue, wherever they are."""
        return self.stores.call('project', 'queue', work)

    def post(self, *messages, client='client'):
        return self.call(lambda store, queue: store.messages.post(queue, [
            support.new(message) if isinstance(message, str) else message
            for message in messages], client))

    def purge(self):
        self.call(lambda store, queue: store.streams.purge(queue))

    def claim(self, limit=10, ttl=60, grace=60, dead_letters=None):
        return self.call(lambda store, queue: store.claims.create(
            queue, ttl, grace, limit, dead_letters))

    def listed(self, **filters):
        return support.bodies(self.call(lambda store, queue: store.messages.list(
            queue, limit=support.MANY, **filters)))

    def everything(self):
        return self.call(lambda store, queue: store.messages.list(
            queue, limit=support.MANY, include_claimed=True, include_delayed=True))

    def request(self, target='new'):
        self.assertTrue(self.stores.control.moves.request(self.queue, target))

    def mover(self, stores=None, keep=lambda sealed: None, batch=BATCH):
        """Who carries the queue, if it is to move."""
        stores = stores or self.stores
        [move] = stores.control.moves.list()
        return moving.Mover(move, stores, batch, keep)

    def move(self, target='new'):
        self.request(target)
        self.mover().run()
        self.assertEqual(target, self.queue.pool)
        self.assertEqual([], self.stores.control.moves.list())

    def sweep(self, *pools):
        """What a janitor would do by now in these pools, or in all."""
        for pool in pools or (None, 'old', 'new'):
            sweeps = self.pool(pool).sweeps
            for sweep in (sweeps.expired_messages, sweeps.expired_claims, sweeps.ended_delays,
                          sweeps.purged_messages):
                support.finish(sweep)

    def rows(self, pool, table):
        """How many rows a pool has in a table."""
        with self.pool(pool).engine.connect() as connection:
            return connection.exec_driver_sql(f'SELECT count(*) FROM {table}').scalar()

    def stop_when(self, condition):
        """A ``keep`` that takes the work away once ``condition(sealed)`` is true."""
        def keep(sealed):
            if condition(sealed):
                raise exception.LostLease(work='this test')
        return keep
