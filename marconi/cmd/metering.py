"""Metrics of the processes that a command starts."""

from marconi import metrics
from marconi.cmd import common
from marconi.core import heart


def prepare(*ports):
    """Let this process and its children count, if there is a port to show it at.

    Must come before they are started.
    """
    if any(ports):
        from marconi.metrics import place
        metrics.start(place.new())


def serve(conf, port):
    """Show the counts of all of them at a port, in a thread; 0 for not at all."""
    if not port:
        return
    from marconi.metrics import page  # late: many do without
    try:
        page.serve(metrics.directory, conf.metrics.bind, port, heart.version())
    except OSError as error:
        common.fail(f'Cannot show metrics on {conf.metrics.bind} port {port}: {error.strerror}.')
