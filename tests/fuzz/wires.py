"""HTTP as bytes: sent as it is, and read with suspicion."""

import select
import socket
import time

#: No answer, and no end of a connection, may take longer.
TIMEOUT = 15


class Connection:
    """A connection to a server, for bytes of any kind."""

    def __init__(self, port):
        self.socket = socket.create_connection(('127.0.0.1', port), TIMEOUT)
        self._read = b''
        self._ended = False

    def send(self, raw):
        """Send bytes; return whether the server took all of them."""
        try:
            self.socket.sendall(raw)
        except ConnectionError:
            return False
        return True

    def wait(self, seconds):
        """Wait until something comes, or the end."""
        select.select([self.socket], [], [], seconds)

    def no_more(self):
        """Tell the server that nothing more will come."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it was quicker

    def answer(self, method='GET'):
        """Return the next (status, [(name, value)], body); None if there is none to come.

        :raises AssertionError: it is no HTTP, or the server neither answers nor hangs up.
        """
        while True:
            head = self._until(b'\r\n\r\n')
            if head is None:
                return None
            lines = head[:-4].split(b'\r\n')
            version, status, *_ = lines[0].split(b' ')
            assert version in (b'HTTP/1.1', b'HTTP/1.0') and len(status) == 3, head
            if status != b'100':
                break
        headers = [tuple(part.strip().decode('latin-1') for part in line.split(b':', 1))
                   for line in lines[1:]]
        return int(status), headers, self._body(method, int(status), headers)

    def answers(self, *methods):
        """All answers until the server hangs up."""
        found = []
        while (answer := self.answer(methods[len(found)] if methods else 'GET')) is not None:
            found.append(answer)
        return found

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *exc_info):
        self.close()

    def _body(self, method, status, headers):
        values = {name.lower(): value for name, value in headers}
        if method == 'HEAD' or status in (204, 304):
            return b''
        assert 'content-length' in values, headers
        length = int(values['content-length'])
        while len(self._read) < length:
            assert self._more(), f'the body ends after {len(self._read)} of {length} bytes'
        body, self._read = self._read[:length], self._read[length:]
        return body

    def _until(self, end):
        """Bytes up to and including ``end``; None if the server hangs up before."""
        while end not in self._read:
            if not self._more():
                return None
        at = self._read.index(end) + len(end)
        found, self._read = self._read[:at], self._read[at:]
        return found

    def _more(self):
        began = time.monotonic()
        try:
            part = b'' if self._ended else self.socket.recv(65536)
        except TimeoutError:
            raise AssertionError(
                f'no answer in {time.monotonic() - began:.0f} s; so far: {self._read!r}')
        except ConnectionError:
            part = b''
        self._ended = not part
        self._read += part
        return bool(part)
