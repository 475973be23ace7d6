"""Storage: where queues, messages and claims are kept."""

import functools
from importlib import metadata


def connect(driver, url, **options):
    """Return the ``base.Store`` that a driver makes of a database.

    :param driver: a name in the entry-point group ``marconi.storage``.
    :param options: see the driver; for the built-in one
        ``marconi.storage.sqlalchemy.store.Store``.
    """
    return find_driver(driver)(url, **options)


@functools.cache
def find_driver(name):
    """Return the class of ``base.Store`` that a driver has.

    :raises ValueError: there is no such driver.
    """
    points = metadata.entry_points(group='marconi.storage', name=name)
    if not points:
        raise ValueError(f'There is no storage driver {name!r} installed.')
    return next(iter(points)).load()
