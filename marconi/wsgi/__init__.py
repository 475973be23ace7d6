"""The application for uWSGI, mod_wsgi and other WSGI servers: ``marconi.wsgi:application``.

It reads the usual configuration files, or those that OS_MARCONI_CONFIG_FILES
names, separated by colons.
"""

import atexit
import os
import threading

from oslo_config import cfg
from oslo_log import log

from marconi import exception

LOG = log.getLogger(__name__)

_lock = threading.Lock()
_application = None


def application(environ, start_response):
    """Answer one request; the first one of a process builds everything.

    Servers import this module before they fork, and no connection may be
    shared over a fork. While it cannot be built, all requests get 503, and
    the log has one line for each.
    """
    try:
        app = _application or _build()
    except (exception.MarconiError, cfg.Error) as error:
        from marconi.api import errors
        LOG.error('Cannot serve: %s', error)
        app = errors.respond(errors.not_set_up())
    return app(environ, start_response)


def _build():
    global _application
    with _lock:
        if _application is None:
            from marconi.api import app
            from marconi.cmd import common
            from marconi.cmd import exposure
            from marconi.core import broker as broker_module
            from marconi.core import heart
            from marconi.core import vitals
            from marconi import metrics
            files = os.environ.get('OS_MARCONI_CONFIG_FILES')
            conf = common.configure((), files.split(os.pathsep) if files else None)
            if conf.DEFAULT.auth_strategy == 'noauth':
                exposure.warn('All who reach the server')
            broker = broker_module.Broker.from_conf(conf)
            if os.environ.get('PROMETHEUS_MULTIPROC_DIR'):  # somebody adds up there
                metrics.start(os.environ['PROMETHEUS_MULTIPROC_DIR'])
            vitals.Vitals(broker, 'server').start()
            pulse = heart.start(broker.stores.control.services, 'server', conf)
            atexit.register(pulse.stop)
            _application = app.build(conf, broker)
    return _application
