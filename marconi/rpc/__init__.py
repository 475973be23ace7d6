"""The control plane: hints to janitors, and notifications, over oslo.messaging.

The database is the truth, and the bus a hint. Nobody waits for it: what it does not take is
dropped, and what depends on it happens later. Without ``[DEFAULT] transport_url`` there is no
bus, and oslo.messaging is not even loaded.
"""

import warnings

from marconi.conf import rpc as options
from marconi.rpc import janitors
from marconi.rpc import notifier
from marconi.rpc import outbox

#: Seconds for what waits in the outbox to be sent when a process ends.
PATIENCE = 0.5


class Bus:
    """The bus as one process sees it: make it after the last fork. Connects when first used."""

    def __init__(self, messaging=None):
        """
        :param messaging: ``rpc.messaging.Messaging``; None if there is no bus.
        """
        self._messaging = messaging
        self._outbox = outbox.Outbox()
        there = messaging is not None
        self.janitors = janitors.JanitorAPI(self._outbox, messaging.hint if there else None)
        self.notifier = notifier.Notifier(
            self._outbox, messaging.notify if there and messaging.notifies else None)

    @property
    def dropped(self):
        """How many hints and notifications were dropped since the process started."""
        return self._outbox.dropped

    def serve(self, endpoint):
        """Let others call the methods of ``endpoint``, a janitor's, until the process ends."""
        if self._messaging is not None:
            self._messaging.serve(endpoint)

    def close(self):
        """Send what is still to be sent, if the bus takes it soon, and disconnect."""
        if self._messaging is not None:
            self._outbox.close(self._messaging.disconnect, PATIENCE)


def connect(conf):
    """Return the ``Bus`` that ``conf`` names. The broker need not answer yet.

    :raises cfg.Error: the options make no sense.
    """
    url = options.transport_url(conf)
    if url is None:
        return Bus()
    return Bus(_load().Messaging(conf, url))


def check(conf):
    """Look whether the options make sense; nobody is connected to.

    Before processes are forked, they get to share the library's memory by this.

    :raises cfg.Error: they do not.
    """
    connect(conf)


def _load():
    """Import late what is large and what many do without."""
    with warnings.catch_warnings():
        # The library loads eventlet and does not use it here; nobody need hear of its end.
        warnings.filterwarnings('ignore', r'\s*Eventlet is deprecated')
        from marconi.rpc import messaging
    return messaging
