"""The only module that knows oslo.messaging."""

import importlib
import logging
import socket
import threading
import time

import cachetools
from oslo_config import cfg
from oslo_log import log
import oslo_messaging

from marconi.conf import rpc as options
from marconi.rpc import janitors

LOG = log.getLogger(__name__)

HOST = socket.gethostname()

#: The loggers of those who complain about a broker at every attempt to reach it.
TALKATIVE = ('oslo.messaging._drivers.impl_rabbit', 'oslo_messaging.notify.messaging')
#: Seconds for which the same complaint is not heard again.
SELDOM = 600


class Messaging:
    """Sends and receives, over transports of its own. What sends waits for the broker."""

    def __init__(self, conf, url):
        """
        :raises cfg.Error: a URL is malformed, or there is no driver for it.
        """
        _register_options(conf)
        _complain_seldom()
        try:
            self._transport = oslo_messaging.get_rpc_transport(conf, url)
            notifications = oslo_messaging.get_notification_transport(conf)
        except (oslo_messaging.InvalidTransportURL, ValueError):  # the text shows the password
            raise cfg.Error('transport_url is no URL such as '
                            'rabbit://user:password@host:5672/') from None
        except (oslo_messaging.DriverLoadFailure, ImportError) as error:
            raise cfg.Error(f'transport_url: {error}') from error
        self._transports = (self._transport, notifications)
        self._janitors = oslo_messaging.get_rpc_client(self._transport, oslo_messaging.Target(
            topic=janitors.TOPIC, version=janitors.VERSION, fanout=True))
        self._notifier = oslo_messaging.Notifier(notifications, f'marconi.{HOST}')
        if self._notifier.retry < 0:
            # For ever. Of the library's ways to say so, the first connection takes only this.
            self._notifier.retry = None
        #: Whether the operator wants notifications.
        self.notifies = bool(conf.oslo_messaging_notifications.driver)

    def hint(self, sweep):
        """Tell every janitor that there is work for a sweep."""
        try:
            self._janitors.cast({}, 'hint', sweep=sweep)
        except oslo_messaging.MessageDeliveryFailure as error:
            # The exchange goes with the last janitor that listened.
            LOG.debug('Nobody hears of work for the sweep %s: %s', sweep, error)

    def notify(self, context, priority, event, payload):
        """Send a notification."""
        getattr(self._notifier, priority.lower())(context, event, payload)

    def serve(self, endpoint):
        """Let ``JanitorAPI`` call the methods of ``endpoint`` until the process ends."""
        endpoint.target = oslo_messaging.Target(version=janitors.VERSION)
        # The name of the server gives the name to a queue that is never removed. So it is not
        # that of a process.
        server = oslo_messaging.get_rpc_server(
            self._transport, oslo_messaging.Target(topic=janitors.TOPIC, server=HOST), [endpoint])

        def start():
            server.start(override_pool_size=1)  # waits until the broker answers
            LOG.info('Hints are heard from now on')

        threading.Thread(target=start, name='marconi-rpc', daemon=True).start()

    def disconnect(self):
        for transport in self._transports:
            transport.cleanup()


class _Seldom(logging.Filter):
    """Lets each kind of complaint through once in a while."""

    def __init__(self, seconds=SELDOM, clock=time.monotonic):
        super().__init__()
        self._heard = cachetools.TTLCache(100, seconds, timer=clock)
        self._lock = threading.Lock()

    def filter(self, record):
        if record.levelno < logging.WARNING:
            return True
        with self._lock:
            if record.msg in self._heard:
                return False
            self._heard[record.msg] = True
        return True


_seldom = _Seldom()


def _register_options(conf):
    options.set_defaults()
    # The library gives these to the global configuration only, and then asks ours for them.
    for name in ('metrics', 'tracing'):
        try:
            module = importlib.import_module(f'oslo_messaging._{name}.client')
        except ModuleNotFoundError:
            continue  # not in this version
        group = f'oslo_messaging_{name}'
        conf.register_opts(getattr(module, group), group=group)


def _complain_seldom():
    for name in TALKATIVE:
        logging.getLogger(name).addFilter(_seldom)  # the second time does nothing
