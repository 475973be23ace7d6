"""One database as a store, put together."""

import functools

import sqlalchemy as sa

from marconi import exception
from marconi.storage import base
from marconi.storage.sqlalchemy import backlog
from marconi.storage.sqlalchemy import claims
from marconi.storage.sqlalchemy import dead_letters
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import flavors
from marconi.storage.sqlalchemy import free
from marconi.storage.sqlalchemy import ids
from marconi.storage.sqlalchemy import leases
from marconi.storage.sqlalchemy import messages
from marconi.storage.sqlalchemy import moved
from marconi.storage.sqlalchemy import moves
from marconi.storage.sqlalchemy import pools
from marconi.storage.sqlalchemy import posting
from marconi.storage.sqlalchemy import queues
from marconi.storage.sqlalchemy import schema
from marconi.storage.sqlalchemy import services
from marconi.storage.sqlalchemy import signals
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import sweeps
from marconi.storage.sqlalchemy import tables
from marconi.storage.sqlalchemy import transfers
from marconi.storage.sqlalchemy import usage
from marconi.storage.sqlalchemy import urls

#: The setting with the key of message ids, 32 hexadecimal digits.
ID_KEY = 'message_id_key'


class Store(base.Store):
    """Marconi's own driver: any database that ``engine`` knows."""

    def __init__(self, url, clock=None, ids_of=None, **options):
        """
        :param url: SQLAlchemy URL.
        :param clock: None for the database's clock, or a function that returns
            milliseconds.
        :param ids_of: the ``Store`` whose message ids are valid here too, so
            that a message keeps its id when its queue moves; None for own ones.
        :param options: pool_size, max_overflow (connections), pool_timeout,
            recycle (seconds), relaxed_durability (see ``engine.Database``).
        :raises ValueError: the URL is malformed or of an unknown kind.
        """
        self.database = engine.Database(url, clock, **options)
        self.schema = schema.Schema(self.database)
        self.ids = ids_of.ids if ids_of else functools.cache(self._make_ids)
        self.moved = moved.Moved(self.ids)
        self.free = free.FreeMessages(self.database)
        self.queues = queues.Queues(self.database)
        self.pools = pools.Pools(self)
        self.flavors = flavors.Flavors(self.database)
        self.moves = moves.Moves(self)
        self.streams = streams.Streams(self.database, self.ids)
        self.transfers = transfers.Transfers(self)
        self.posting = posting.Posting(self.database, self.streams)
        self.dead_letters = dead_letters.DeadLetterOffice(self)
        self.messages = messages.Messages(self)
        self.claims = claims.Claims(self)
        self.usage = usage.Usage(self)
        self.leases = leases.Leases(self.database)
        self.sweeps = sweeps.Sweeps(self.database, self.leases)
        self.services = services.Services(self)
        self.backlog = backlog.Backlog(self.database)
        written = signals.written(self.database.dialect)
        self._written = written is not None and self.database.prepare(written)
        self.written_is_seen = self.database.shows_snapshots

    @property
    def engine(self):
        """The SQLAlchemy engine, for tests and tools."""
        return self.database.engine

    @property
    def clock(self):
        """None for the database's clock, or a function giving milliseconds."""
        return self.database.clock

    @clock.setter
    def clock(self, clock):
        self.database.clock = clock

    @classmethod
    def check(cls, url):
        # Late: Alembic takes long to load, and nothing else here needs it.
        from marconi.storage.sqlalchemy import migration
        urls.check_file(url)
        migration.check(url)

    @classmethod
    def hide(cls, url):
        return urls.hide(url)

    @classmethod
    def place(cls, url):
        return urls.place(url)

    @classmethod
    def capabilities(cls, options):
        durable = () if options.get('relaxed_durability') else ('DURABILITY',)
        return ['FIFO', 'CLAIMS', *durable, 'AOD', 'HIGH_THROUGHPUT']

    def connections(self):
        return self.database.sessions.used

    def written(self):
        return self._written and self.database.read(self._written, {}) or None

    def ping(self):
        self.database.read(lambda connection: connection.execute(sa.select(1)))

    def dispose(self):
        self.database.dispose()

    def _make_ids(self):
        key = self.database.read(lambda connection: connection.scalar(
            sa.select(tables.settings.c.value).where(tables.settings.c.name == ID_KEY)))
        if key is None:
            raise exception.SchemaMismatch(
                'The database was not set up: run "marconi-manage db sync".')
        return ids.MessageIds(bytes.fromhex(key))
