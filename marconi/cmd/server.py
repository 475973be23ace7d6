"""marconi-server: the API, in several processes."""

import functools
import multiprocessing
from multiprocessing import util
import os
import signal
import sys
import time

import granian
from granian import http
from oslo_log import log

from marconi import exception
# Imported before the workers are forked, so that they share the memory.
from marconi.api import app
from marconi.cmd import common
from marconi.cmd import exposure
from marconi.cmd import metering
from marconi.cmd import processes
from marconi.conf import reloading
from marconi.core import broker as broker_module
from marconi.core import heart
from marconi.core import vitals
from marconi import rpc

LOG = log.getLogger(__name__)

#: Seconds in which no new connections are taken, and the others end after their next
#: answer, once we are told to stop. Then idle ones are closed.
CLOSING = 0.5
#: Seconds that running requests have to finish after that; the whole service has 5.
GRACE = 3.0
#: Seconds before a worker that could not start is started again.
PAUSE = 1
#: From the parent to its workers: see ``CLOSING``.
CLOSE = signal.SIGUSR1
#: A client gets 75 seconds between two requests, as from other servers, and to send
#: its headers, which may take as much memory as we allow.
HTTP = http.HTTP1Settings(header_read_timeout=75_000, max_buffer_size=65536)
#: What granian logs goes through our log. Incremental: leave all else as it is.
GRANIAN_LOG = {'incremental': True, 'handlers': {}, 'formatters': {},
               'loggers': {'_granian': {'propagate': True}}}


def main(args=None):
    """Serve until SIGTERM or SIGINT."""
    return common.run(lambda: _main(args))


def _main(args):
    conf = common.configure(args)
    check_port(conf)
    common.check_database(conf)
    exposure.check(conf)
    metering.prepare(conf.metrics.port)
    rpc.check(conf)
    common.check_quota(conf)
    serve(conf)


def check_port(conf):
    """End the program with a clear line if we cannot listen where we should."""
    options = conf['drivers:transport:wsgi']
    where = f'{options.bind} port {options.port}'
    try:
        if processes.port_is_free(options.bind, options.port):
            return
    except OSError as error:
        common.fail(f'Cannot listen on {where}: {error.strerror}.')
    common.fail(f'Cannot listen on {where}: another program does. Stop it, or choose '
                'another port.')


def serve(conf):
    """Serve with as many workers as configured, until SIGTERM or SIGINT."""
    multiprocessing.set_start_method('fork', force=True)
    processes.hold_in_children(signal.SIGHUP)  # they begin with our configuration of this moment
    options = conf['drivers:transport:wsgi']
    processes.allow_files(options.connections + 500)
    server = _Server(
        'marconi', address=options.bind, port=options.port, workers=options.workers,
        interface='wsgi', http='1', websockets=False, http1_settings=HTTP,
        blocking_threads=options.threads, backpressure=options.connections,
        respawn_failed_workers=True, workers_kill_timeout=GRACE + 0.5,
        process_name='marconi-server', log_level='error', log_dictconfig=GRANIAN_LOG)
    server.conf = conf
    server.respawned_wrks = _NoMemory()
    metering.serve(conf, conf.metrics.port)
    server.serve(target_loader=functools.partial(load, conf, os.getpid()),
                 wrap_loader=False)


def load(conf, parent):
    """Return the application of one worker; runs in its process.

    A worker that cannot start ends after a pause, because granian starts
    another one at once.
    """
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # not those of the parent
    processes.end_with(parent)
    processes.let_threads_finish()
    try:
        return _application(conf)
    except exception.MarconiError as error:
        LOG.error('Cannot serve: %s', error)
    except Exception:
        LOG.exception('Cannot serve')
    time.sleep(PAUSE)
    sys.exit(1)


def _application(conf):
    broker = broker_module.Broker.from_conf(conf)  # of this process alone
    application = app.build(conf, broker)

    def close():
        """Answer all who wait, and take no more connections."""
        processes.refuse_connections(conf['drivers:transport:wsgi'].port)
        application.closing = True
        broker.waiters.close()

    def reload():
        if reloading.reload(conf):
            broker.reload(conf)

    processes.on_signals({CLOSE: close, signal.SIGTERM: close, signal.SIGINT: close,
                          signal.SIGHUP: reload}, GRACE)
    pulse = heart.start(broker.stores.control.services, 'server', conf)
    vitals.Vitals(broker, 'server').start()
    util.Finalize(None, pulse.stop, exitpriority=0)  # when the last request is answered
    return application


class _Server(granian.Granian):
    """Granian's parent process, with two things done otherwise."""

    def shutdown(self, exit_code=0):
        """Close connections in order before the workers are told to end.

        Granian closes at once what is idle just then, and a client that sends its next
        request at that moment would get no answer.
        """
        self._tell(CLOSE)
        time.sleep(CLOSING)
        super().shutdown(exit_code)

    def _reload(self, spawn_target, target_loader):
        """On SIGHUP, let every worker read the configuration again.

        Granian would start new workers, and end the old ones. That closes every connection, the
        ones that the kernel has accepted for a worker are reset, and the memory of
        tokens and queues is lost; all of that for a few options.
        """
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        if self.interrupt_signal or self.interrupt_children:  # just before
            self.main_loop_interrupt.set()
        # Here, too: workers that are started later have it from us.
        if reloading.reload(self.conf):
            self._tell(signal.SIGHUP)

    def _tell(self, number):
        for worker in self.wrks:
            if worker.is_alive():
                os.kill(worker.inner.pid, number)


class _NoMemory(dict):
    """Forgets at once: granian gives up when a worker dies twice in 5 seconds."""

    def __setitem__(self, key, value):
        pass


if __name__ == '__main__':
    sys.exit(main())
