"""Keystone, in a virtual environment of its own, with a small cloud in it.

``tools/install-test-servers keystone`` makes the environment; ``make test`` calls it.
"""

import base64
import os
import pathlib
import secrets
import shutil

from keystoneauth1 import exceptions  # noqa: F401: for tests
from keystoneauth1 import session as ksa_session
from keystoneauth1.identity import v3

from tests.servers import process

CHECKOUT = pathlib.Path(__file__).parents[2]
VENV = CHECKOUT / '.venv-keystone'
REQUIREMENTS = pathlib.Path(__file__).with_name('keystone-requirements.txt')
#: What was installed; written when all of it was.
STAMP = VENV / '.installed'
#: A database with its tables and nothing in them, which take long to make.
EMPTY = VENV / 'empty.db'

PASSWORD = 'open sesame'
REGION = 'RegionOne'
#: Two tenants with these users each, and one role per user: name -> role.
PROJECTS = ('red', 'blue')
PERSONAS = {'reader': 'reader', 'member': 'member', 'admin': 'admin', 'outsider': 'outsider'}

CONFIG = """\
[database]
connection = sqlite:///{directory}/keystone.db
sqlite_synchronous = false
[fernet_tokens]
key_repository = {directory}/keys
[fernet_receipts]
key_repository = {directory}/keys
[credential]
key_repository = {directory}/keys
[cache]
backend = oslo_cache.dict
[identity]
password_hash_rounds = 4
"""


class Cloud:
    """What a client sees of a Keystone: its tenants and their tokens."""

    def __init__(self, root_url):
        self.root_url = root_url

    @property
    def url(self):
        return f'{self.root_url}/v3'

    def config(self, **more):
        """The section of Marconi's configuration that tells how to reach this Keystone."""
        options = {'www_authenticate_uri': self.root_url, 'auth_url': self.url,
                   'auth_type': 'password', 'username': 'marconi', 'password': PASSWORD,
                   'user_domain_id': 'default', 'project_name': 'service',
                   'project_domain_id': 'default', **more}
        lines = [f'{name} = {value}' for name, value in options.items()]
        return '\n'.join(['[keystone_authtoken]', *lines, ''])

    def limits_config(self, service_type='messaging', url=None):
        """The section that tells where the limits of a service are.

        :param url: Keystone's root, if it is to be reached in another way.
        """
        url = f'{url or self.root_url}/v3'
        return '\n'.join([
            '[oslo_limit]', 'auth_type = password', f'auth_url = {url}', 'username = marconi',
            f'password = {PASSWORD}', 'user_domain_id = default', 'system_scope = all',
            f'endpoint_override = {url}', f'endpoint_service_type = {service_type}',
            f'endpoint_region_name = {REGION}', ''])

    def session(self, user='admin', project='admin'):
        """A session of that user, whose token is for that project; None for no project."""
        scope = {} if project is None else {
            'project_name': project, 'project_domain_id': 'default'}
        # NOTE: not with unscoped=True, which would not send a default project away either.
        return ksa_session.Session(v3.Password(
            self.url, username=user, password=PASSWORD, user_domain_id='default',
            include_catalog=False, reauthenticate=False, **scope), timeout=60)

    def token(self, persona, project, user_project=None):
        """A new token of that project's user with this persona.

        :param user_project: whose user, if not the project's own.
        """
        return self.session(f'{persona}-{user_project or project}', project).get_token()

    def project_id(self, project):
        return self.session(f'member-{project}', project).get_project_id()

    def call(self, method, path, session=None, **kwargs):
        """Ask Keystone's API for something, as its administrator unless told otherwise."""
        session = session or self.session()
        return session.request(f'{self.url}{path}', method, **kwargs)

    def make(self, kind, kinds=None, session=None, **fields):
        """Make a thing, and return its id."""
        kinds = kinds or f'{kind}s'
        answer = self.call('POST', f'/{kinds}', session, json={kind: fields})
        return answer.json()[kind]['id']

    def revoke(self, token):
        self.call('DELETE', '/auth/tokens', headers={'X-Subject-Token': token})

    def seed(self):
        """Make the service's user, its endpoints, and the tenants."""
        admin = self.session()
        ids = {role['name']: role['id']
               for role in self.call('GET', '/roles', admin).json()['roles']}
        for name in ('service', 'outsider'):
            ids.setdefault(name, None)
            ids[name] = ids[name] or self.make('role', session=admin, name=name)
        project = self.make('project', session=admin, name='service', domain_id='default')
        user = self._user(admin, 'marconi')
        self._grant(admin, project, user, ids['service'])
        self.call('PUT', f'/system/users/{user}/roles/{ids["reader"]}', admin)
        service = self.make('service', session=admin, name='marconi', type='messaging')
        for interface in ('public', 'internal', 'admin'):
            self.make('endpoint', session=admin, service_id=service, interface=interface,
                      region_id=REGION, url='http://127.0.0.1:8888')
        for name in PROJECTS:
            project = self.make('project', session=admin, name=name, domain_id='default')
            for persona, role in PERSONAS.items():
                self._grant(admin, project, self._user(admin, f'{persona}-{name}'), ids[role])

    def _user(self, session, name):
        return self.make('user', session=session, name=name, password=PASSWORD,
                         domain_id='default')

    def _grant(self, session, project, user, role):
        self.call('PUT', f'/projects/{project}/users/{user}/roles/{role}', session)


class Keystone(Cloud, process.Server):

    name = 'keystone'
    accounts = ('root',)  # the environment may be where others cannot look

    def __init__(self):
        process.Server.__init__(self)
        self._seeded = False

    @property
    def root_url(self):
        return f'http://127.0.0.1:{self.port}'

    @classmethod
    def missing(cls):
        if STAMP.exists() and STAMP.read_text() == REQUIREMENTS.read_text():
            return None
        return ('Keystone is not installed in .venv-keystone '
                '(to do it: tools/install-test-servers keystone)')

    @classmethod
    def announced(cls, root_url):
        return Cloud(root_url)

    def initialise(self):
        os.mkdir(self.path('keys'), 0o700)
        for number in range(2):
            with open(self.path('keys', str(number)), 'wb') as key:
                key.write(base64.urlsafe_b64encode(secrets.token_bytes(32)))
        with open(self.path('keystone.conf'), 'w') as config:
            config.write(CONFIG.format(directory=self.directory))
        self._make_tables()

    def start(self):
        super().start()
        if not self._seeded:
            self.seed()
            self._seeded = True
        return self

    def command(self):
        # Without "Connection: close" clients get random resets. On SQLite one process and one
        # thread: with more, writes fail.
        if not self._seeded:
            self._bootstrap()
        return ['env', f'OS_KEYSTONE_CONFIG_FILES={self.path("keystone.conf")}',
                str(VENV / 'bin/uwsgi'), '--http-socket', f'127.0.0.1:{self.port}',
                '--module', 'keystone.wsgi.api:application', '--master', '--lazy-apps',
                '--need-app', '--processes', '1', '--die-on-term',
                '--add-header', 'Connection: close', '--buffer-size', '65535',
                '--virtualenv', str(VENV)]

    def probe(self):
        ksa_session.Session(timeout=20).get(self.url)

    def _make_tables(self):
        """Make the tables, or copy the database of the first one that did."""
        path = self.path('keystone.db')
        if EMPTY.exists():
            shutil.copy(EMPTY, path)
            return
        self._manage('db_sync')
        copy = f'{EMPTY}.{secrets.token_hex(4)}'
        shutil.copy(path, copy)
        os.replace(copy, EMPTY)

    def _bootstrap(self):
        """Tell Keystone its own address, which is in every catalogue."""
        self._manage('bootstrap', '--bootstrap-password', PASSWORD,
                     '--bootstrap-region-id', REGION, '--bootstrap-public-url', self.url,
                     '--bootstrap-internal-url', self.url, '--bootstrap-admin-url', self.url)

    def _manage(self, *words):
        self.run(str(VENV / 'bin/keystone-manage'), '--config-file', self.path('keystone.conf'),
                 *words)
