"""The other ends of the message bus: who listens for notifications, and who hears hints."""

import itertools
import os
import queue
import time

import oslo_messaging

import marconi.conf
from marconi import rpc
from tests.servers import process

_numbers = itertools.count(1)

DEFAULT = """\
transport_url = {url}
"""
OPTIONS = """\
[oslo_messaging_notifications]
driver = messagingv2
topics = {topic}
[oslo_messaging_rabbit]
rabbit_interval_max = 1
"""
#: Seconds for something to come over the bus.
LONG = 30


class Bus:
    """A RabbitMQ with a topic that no other test has."""

    def __init__(self, server):
        self.topic = f'notifications-{os.getpid()}-{next(_numbers)}'
        #: For the section [DEFAULT], and for the end of a configuration.
        self.default = DEFAULT.format(url=server.root_url)
        self.options = OPTIONS.format(topic=self.topic)

    def conf(self):
        """A configuration of this bus."""
        handle, path = process.tempfile.mkstemp()
        with open(handle, 'w') as file:
            file.write(f'[DEFAULT]\n{self.default}{self.options}')
        conf = marconi.conf.new([], [path])
        rpc.check(conf)  # registers options that the library itself would not
        return conf


class Listener:
    """Somebody else's program, which hears our notifications."""

    def __init__(self, bus):
        self._heard = queue.SimpleQueue()
        conf = bus.conf()
        transport = oslo_messaging.get_notification_transport(conf, rpc.options.transport_url(conf))
        self._server = oslo_messaging.get_notification_listener(
            transport, [oslo_messaging.Target(topic=bus.topic, exchange='marconi')], [self])
        self._server.start()

    def next(self):
        """The notification that comes next: (event, payload, and the rest)."""
        return self._heard.get(timeout=LONG)

    def until(self, event):
        """The payload of the next notification of this event; others are passed over."""
        while True:
            heard, payload, _ = self.next()
            if heard == event:
                return payload

    def info(self, context, publisher, event, payload, metadata):
        self._heard.put((event, payload, {
            'context': context, 'publisher': publisher, 'priority': 'INFO', **metadata}))

    def warn(self, context, publisher, event, payload, metadata):
        self._heard.put((event, payload, {
            'context': context, 'publisher': publisher, 'priority': 'WARN', **metadata}))

    def close(self):
        self._server.stop()
        self._server.wait()


class Janitor:
    """One who hears what janitors are told."""

    def __init__(self, bus):
        self._heard = queue.SimpleQueue()
        conf = bus.conf()
        transport = oslo_messaging.get_rpc_transport(conf, rpc.options.transport_url(conf))
        self._server = oslo_messaging.get_rpc_server(
            transport, oslo_messaging.Target(topic='marconi-janitor', server='test'), [self])
        self._server.start()

    def hint(self, context, sweep):
        self._heard.put(sweep)

    def until(self, *sweeps, again=lambda: None):
        """Listen until each of these sweeps was hinted at.

        :param again: called now and then until that is so: a hint that comes before who
            listens is connected again is lost.
        """
        wanted, deadline = set(sweeps), time.monotonic() + LONG
        while wanted:
            try:
                wanted.discard(self._heard.get(timeout=1))
            except queue.Empty:
                if time.monotonic() > deadline:
                    raise
                again()

    def close(self):
        self._server.stop()
        self._server.wait()
