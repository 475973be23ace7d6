"""python -m tests.devstack.openstack SOCKET: the real "openstack" command, loaded once.

It takes a second to load, and the plugin's tests run it some sixty times. ``client.py`` is what
scripts call; each command runs in a process of its own.
"""

import contextlib
import io
import json
import socketserver
import sys

import openstack.connection  # noqa: F401: the command would load it later
from openstackclient import shell


class Handler(socketserver.StreamRequestHandler):

    def handle(self):
        arguments = json.loads(self.rfile.readline())
        with contextlib.redirect_stdout(io.StringIO()) as output, \
                contextlib.redirect_stderr(io.StringIO()) as errors:
            try:
                code = shell.main(arguments)
            except SystemExit as end:
                code = end.code
        answer = json.dumps((code or 0, output.getvalue(), errors.getvalue()))
        self.wfile.write(answer.encode() + b'\n')


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    pass


if __name__ == '__main__':
    Server(sys.argv[1], Handler).serve_forever()
