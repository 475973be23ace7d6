"""The catalogue, for a command; and janitors, who are told of what it changes."""

import contextlib

from marconi import rpc
from marconi import storage
from marconi.cmd import common


@contextlib.contextmanager
def opened(conf):
    """Give the store of the control database, for the life of a command."""
    store = storage.connect(conf.database.driver, conf.database.connection)
    try:
        common.check_database(conf)
        yield store
    finally:
        store.dispose()


def hint(conf, sweep):
    """Tell janitors that there is work, if there is a bus; else they find it soon."""
    bus = rpc.connect(conf)
    bus.janitors.hint(sweep)
    bus.close()
