"""The database that holds the catalogue and, unless there are pools, the messages."""

from oslo_config import cfg

GROUP = 'database'

OPTS = [
    cfg.StrOpt(
        'driver', default='sqlalchemy',
        help='The storage driver, by its name in the entry-point group '
             'marconi.storage. The built-in one is "sqlalchemy".'),
    cfg.StrOpt(
        'connection', default='sqlite:///marconi.sqlite', secret=True,
        help='The database as an SQLAlchemy URL: PostgreSQL 13, MariaDB 10.6, '
             'MySQL 8.0 or later, or SQLite for a single machine.'),
    cfg.IntOpt(
        'max_pool_size', min=1, default=10,
        help='How many connections a process keeps open.'),
    cfg.IntOpt(
        'max_overflow', min=0, default=10,
        help='How many more a process may open under load.'),
    cfg.IntOpt(
        'pool_timeout', min=1, default=5,
        help='How many seconds a request waits for a free connection before it is '
             'answered with 503.'),
    cfg.IntOpt(
        'connection_recycle_time', min=-1, default=3600,
        help='Connections older than this many seconds are replaced; -1 for never.'),
    cfg.IntOpt(
        'catalogue_lifetime', min=0, default=60,
        help='For how many seconds a process may remember where a queue is and what '
             'its metadata are, since it was last asked for. A change made through another '
             'process is noticed at once all the same; this bounds the memory for queues '
             'out of use.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
