"""marconi-janitor: reclaims space in the background. Run as many as you like."""

import multiprocessing
import signal
import sys

import cotyledon

from marconi.cmd import common
from marconi.cmd import metering
from marconi.conf import reloading
from marconi.janitor import service
from marconi import rpc

#: Seconds for the janitor to end once it is told to.
PATIENCE = 5


def main(args=None):
    """Sweep until SIGTERM or SIGINT."""
    return common.run(lambda: _main(args))


def _main(args):
    conf = common.configure(args)
    common.check_database(conf)
    metering.prepare(conf.metrics.janitor_port)
    rpc.check(conf)
    common.check_quota(conf)
    run(conf)


def run(conf):
    """Keep one janitor running until SIGTERM or SIGINT; does not return."""
    metering.serve(conf, conf.metrics.janitor_port)
    manager = _Manager(conf, graceful_shutdown_timeout=PATIENCE,
                       mp_context=multiprocessing.get_context('fork'))
    manager.add(service.Janitor, args=(conf,))
    manager.run()


class _Manager(cotyledon.ServiceManager):

    def __init__(self, conf, **kwargs):
        super().__init__(**kwargs)
        self._conf = conf

    def _on_signal_received(self, sig):
        # A configuration that we cannot read is no reason to disturb the janitor.
        if sig == signal.SIGHUP and not reloading.reload(self._conf):
            return
        # Cotyledon drops everything on Ctrl-C; we want to give the leases back.
        super()._on_signal_received(signal.SIGTERM if sig == signal.SIGINT else sig)


if __name__ == '__main__':
    sys.exit(main())
