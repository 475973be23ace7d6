"""Private servers for the tests, started from whatever binaries are installed.

Each module holds one kind of server. To add one: write a subclass of
:class:`tests.servers.process.Server` that says how to use one that is ``announced``, and name it in
``KINDS``. ``python -m tests.servers`` then starts it, and announces it to the tests in the
environment variable named there.
"""

import os

from tests.servers import apache
from tests.servers import keystone
from tests.servers import mariadb
from tests.servers import memcached
from tests.servers import postgresql
from tests.servers import rabbitmq

DATABASES = {
    'postgresql': postgresql.PostgreSQL,
    'mariadb': mariadb.MariaDB,
}
#: Every kind of server, by the name its tests know it by.
KINDS = {
    **DATABASES,
    'keystone': keystone.Keystone,
    'memcached': memcached.Memcached,
    'rabbitmq': rabbitmq.RabbitMQ,
    'apache': apache.Apache,
}

_shared = {}


def variable(name):
    """The environment variable that tells the tests where the server of that name listens."""
    return f'MARCONI_TEST_{name.upper()}'


def missing(name):
    """Say why there can be no server of this name; None when there can."""
    if os.environ.get(variable(name)):
        return None
    return KINDS[name].missing()


def shared(name):
    """The one server of this name for the whole process: announced to us, or started here."""
    if name not in _shared:
        url = os.environ.get(variable(name))
        _shared[name] = KINDS[name].announced(url) if url else KINDS[name]().start()
    return _shared[name]
