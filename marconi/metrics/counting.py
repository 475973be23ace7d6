"""Counters and histograms of prometheus_client, in files: imported only if they are used."""

import functools

import prometheus_client
from prometheus_client import values


def make(counted):
    """Return the functions (add, observe), each called with name, labels and number.

    :param counted: see ``marconi.metrics.COUNTED``.
    """
    if not values.ValueClass._multiprocess:
        raise RuntimeError('prometheus_client was imported before it could be told to use files.')
    families = {name: _family(name, *what) for name, what in counted.items()}

    # To look labels up in a family takes a lock and twice as long as this.
    @functools.cache
    def child(name, labels):
        return families[name].labels(*labels)

    def add(name, labels, number):
        child(name, labels).inc(number)

    def observe(name, labels, number):
        child(name, labels).observe(number)

    return add, observe


def _family(name, text, labels, buckets):
    if buckets is None:
        return prometheus_client.Counter(name, text, labels, registry=None)
    return prometheus_client.Histogram(name, text, labels, registry=None, buckets=buckets)
