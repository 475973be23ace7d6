"""A TCP relay in front of a server, so that a test can take the server away from one client."""

import contextlib
import socket
import threading


class Relay:

    def __init__(self, port):
        """
        :param port: of the server, on 127.0.0.1.
        """
        self._server = port
        self._open = set()
        self._lock = threading.Lock()
        self._listener = None
        self.port = None
        self.start()

    @property
    def url(self):
        return f'http://127.0.0.1:{self.port}'

    def start(self):
        """Listen, on the same port as before."""
        self._listener = socket.create_server(('127.0.0.1', self.port or 0))
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def stop(self):
        """Refuse connections, and break those that are there."""
        if self._listener is None:
            return
        # Not only closed: that would not wake who accepts.
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._listener = None
        with self._lock:
            for end in self._open:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener):
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(('127.0.0.1', self._server))
            with self._lock:
                self._open |= {client, server}
            for ends in ((client, server), (server, client)):
                threading.Thread(target=self._pass_on, args=ends, daemon=True).start()

    def _pass_on(self, source, target):
        with contextlib.suppress(OSError):
            while data := source.recv(2 ** 16):
                target.sendall(data)
        with contextlib.suppress(OSError):
            target.shutdown(socket.SHUT_RDWR)
        with self._lock:
            self._open.discard(source)
        source.close()
