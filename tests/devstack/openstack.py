"""python -m tests.devstack.openstack SOCKET: the real "openstack" command, loaded once.

It takes more than a second to load, and the tests of the plugin run it some forty times.
``client.py`` is what scripts call; each command runs in a process of its own, forked from here.
"""

import contextlib
import io
import json
import socketserver
import sys

from keystoneclient.v3 import client  # noqa: F401: the command would load it later
import openstack.connection  # noqa: F401
from openstackclient import shell


class Server(socketserver.ForkingMixIn, socketserver.UnixStreamServer):
    pass


class Handler(socketserver.StreamRequestHandler):

    def handle(self):
        answer = json.dumps(run(json.loads(self.rfile.readline())))
        self.wfile.write(answer.encode() + b'\n')


def run(arguments):
    """Run the command; return (exit code, what it printed, its errors)."""
    with contextlib.redirect_stdout(io.StringIO()) as output, \
            contextlib.redirect_stderr(io.StringIO()) as errors:
        try:
            code = shell.main(arguments)
        except SystemExit as end:
            code = end.code
    return code or 0, output.getvalue(), errors.getvalue()


if __name__ == '__main__':
    run(['registered', 'limit', 'list', '--help'])  # loads what commands have in common
    Server(sys.argv[1], Handler).serve_forever()
