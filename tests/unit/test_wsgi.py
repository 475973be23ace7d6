"""The application for other WSGI servers."""

import json
import os
import subprocess
import sys
import tempfile

from tests import base

#: A server imports the application, forks, and then calls it.
SCRIPT = """
import json, sys, threading
from marconi import wsgi
assert wsgi._application is None and threading.active_count() == 1
environ = {'REQUEST_METHOD': 'GET', 'PATH_INFO': '/v2/ping', 'QUERY_STRING': '',
           'SERVER_NAME': 'x', 'SERVER_PORT': '80', 'SERVER_PROTOCOL': 'HTTP/1.1',
           'wsgi.version': (1, 0), 'wsgi.url_scheme': 'http', 'wsgi.input': sys.stdin.buffer,
           'wsgi.errors': sys.stderr, 'wsgi.multithread': True, 'wsgi.multiprocess': True,
           'wsgi.run_once': False, 'HTTP_X_PROJECT_ID': 'p',
           'HTTP_CLIENT_ID': '11111111-2222-3333-4444-555555555555'}
statuses = []
for _ in range(2):
    list(wsgi.application(dict(environ), lambda status, headers, *rest: statuses.append(status)))
print(json.dumps(statuses))
"""


class TestApplication(base.TestCase):

    def run_with(self, options):
        """Send two requests; return their statuses, and what the log says."""
        path = os.path.join(tempfile.mkdtemp(), 'marconi.conf')
        with open(path, 'w') as file:
            file.write(f'{options}[database]\nconnection = {self.database_url()}\n')
        it = subprocess.run(
            [sys.executable, '-c', SCRIPT], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, env={**os.environ, 'OS_MARCONI_CONFIG_FILES': path})
        self.assertEqual(0, it.returncode, it.stderr)
        statuses = json.loads(it.stdout)
        self.assertEqual(2, len(statuses))
        return statuses, it.stderr

    def test_is_built_by_the_first_request_from_the_files_named(self):
        statuses, log = self.run_with('[DEFAULT]\nauth_strategy = noauth\nuse_stderr = true\n')
        self.assertTrue(all(status.startswith('20') for status in statuses), log)

    def test_says_in_one_line_what_is_not_set_up(self):
        statuses, log = self.run_with('[DEFAULT]\nuse_stderr = true\n')
        self.assertEqual(['503 Service Unavailable'] * 2, statuses)
        self.assertEqual(2, len(log.splitlines()), log)
        self.assertIn('[keystone_authtoken] has no auth_type', log)
