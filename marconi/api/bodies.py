"""Reading the body of a request within bounds, and never leaving it unread."""

from marconi import exception

#: How many bytes nobody wants are read away to keep the connection usable.
MOST_DRAINED = 2 ** 20
_CHUNK = 2 ** 16


class Body:
    """The body of one request, read at most once.

    WSGI leaves it to the application not to read past the end, and to read
    all of it: what stays behind would be taken for the next request.
    """

    __slots__ = ('_input', 'left', 'malformed')

    def __init__(self, environ):
        self._input = environ.get('wsgi.input')
        #: Bytes not yet read; None if only the end of the stream will tell.
        self.left = 0
        #: The announced length is none; nothing can be read.
        self.malformed = False
        length = environ.get('CONTENT_LENGTH')
        if length:
            if length.isascii() and length.isdigit() and len(length) < 19:
                self.left = int(length)
            else:
                self.malformed = True
        elif ('HTTP_TRANSFER_ENCODING' in environ
                or environ.get('wsgi.input_terminated')):
            self.left = None

    def read(self, most):
        """Return the whole body.

        :param most: how many bytes it may have.
        :raises InvalidValue: it has more.
        :raises InvalidBody: it ended early.
        """
        left = self.left
        if left == 0:
            return b''
        if left is not None and left > most:
            raise _too_long(most)
        raw = self._take(most + 1 if left is None else left)
        if left is None and len(raw) > most:
            raise _too_long(most)
        if left is not None and len(raw) < left:
            raise exception.InvalidBody(
                f'The body ended after {len(raw)} of {left} bytes.')
        return raw

    def drain(self):
        """Read away what is left; return whether that is all of it."""
        left = self.left
        if left == 0:
            return True
        if left is not None and left > MOST_DRAINED:
            return False
        most, taken = MOST_DRAINED if left is None else left, 0
        while taken < most:
            chunk = self._take(min(_CHUNK, most - taken))
            if not chunk:
                break
            taken += len(chunk)
        return self.left == 0

    def _take(self, size):
        """Return ``size`` bytes, or fewer if the stream ends before."""
        parts, wanted = [], size
        while wanted:
            try:
                part = self._input.read(wanted)
            except OSError:  # the client went away
                part = b''
            if not part:
                self.left = 0
                break
            parts.append(part)
            wanted -= len(part)
        else:
            if self.left is not None:
                self.left -= size
        return parts[0] if len(parts) == 1 else b''.join(parts)


def _too_long(most):
    return exception.InvalidValue(f'The body may have {most} bytes, and has more.')
