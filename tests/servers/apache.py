"""Apache, as a proxy: it serves what is in the files of its directory ``sites``."""

import os
import socket

from tests.servers import process

CONFIG = """\
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {directory}/pid
DefaultRuntimeDir {directory}
ErrorLog {directory}/error.log
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule proxy_module {modules}/mod_proxy.so
LoadModule proxy_uwsgi_module {modules}/mod_proxy_uwsgi.so
IncludeOptional {directory}/sites/*.conf
"""
#: Where a distribution puts the modules.
MODULES = ('/usr/lib/apache2/modules', '/usr/lib64/httpd/modules')


class Apache(process.Server):

    name = 'apache'
    accounts = ('www-data', 'apache', 'nobody')
    #: Nobody could use one that was started before its sites are known.
    shared = False

    @property
    def root_url(self):
        return f'http://127.0.0.1:{self.port}'

    @classmethod
    def missing(cls):
        if cls._program() and cls._modules():
            return None
        return ('no Apache with mod_proxy_uwsgi is installed '
                '(on Debian: apt-get install apache2)')

    def initialise(self):
        for name in ('sites', 'sockets'):
            os.mkdir(self.path(name))

    def command(self):
        with open(self.path('apache.conf'), 'w') as config:
            config.write(CONFIG.format(
                port=self.port, directory=self.directory, modules=self._modules()))
        return [self._program(), '-f', self.path('apache.conf'), '-DFOREGROUND']

    def probe(self):
        socket.create_connection(('127.0.0.1', self.port), 5).close()

    @staticmethod
    def _program():
        return process.find_program(['apache2', 'httpd'])

    @staticmethod
    def _modules():
        found = [path for path in MODULES
                 if os.path.exists(os.path.join(path, 'mod_proxy_uwsgi.so'))]
        return found[0] if found else None
