"""Storage: where queues, messages and claims are kept."""

import functools
from importlib import metadata


def connect(driver, url, **options):
    """Return the ``base.Store`` that a driver makes of a database.

    :param driver: a name in the entry-point group ``marconi.storage``.
    :param options: see the driver; for the built-in one
        ``marconi.storage.sqlalchemy.store.Store``.
    """
    return _driver(driver)(url, **options)


@functools.cache
def _driver(name):
    points = metadata.entry_points(group='marconi.storage', name=name)
    if not points:
        raise ValueError(f'There is no storage driver {name!r} installed.')
    return next(iter(points)).load()
