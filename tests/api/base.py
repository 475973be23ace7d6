"""What the API tests are made of: the application on a database, callers, and a clock to move."""

import os
import tempfile
import time

from oslo_policy import opts as policy_opts
import testscenarios
import yaml

from marconi.api import app
import marconi.conf
from marconi import core
from marconi import objects
from tests.api import wire
from tests import base


def scenarios(*versions, databases=True):
    """Each version, on each database.

    Without ``databases`` on SQLite alone: for what is decided before the storage is asked.
    """
    named = [(version.name, {'version': version}) for version in versions]
    if not databases:
        return named
    return testscenarios.multiply_scenarios(named, base.OnEveryDatabase.scenarios)


class Clock:
    """Time as the database tells it: it stands still unless the test moves it."""

    def __init__(self):
        self.now = int(time.time()) * 1000 + 678

    def __call__(self):
        return self.now

    def advance(self, seconds):
        self.now += round(seconds * 1000)


class ApiTest(testscenarios.WithScenarios, base.TestCase):

    #: The version of the API this test is about; scenarios set it.
    version = wire.V2
    #: {'group.option': value}
    options = {}
    #: The option auth_strategy.
    auth = 'noauth'
    #: The text of a configuration file.
    config = ''
    #: {rule: check}: rules of policy that the operator has overridden.
    policy = {}

    def setUp(self):
        super().setUp()
        self.clock = Clock()
        self.app = self.serve()
        self.api = self.caller()

    def serve(self, options=None, policy=None, database='main'):
        """A new application on a database of this test; ``self.broker`` is its broker."""
        conf = marconi.conf.new(args=[], files=[self._file('marconi.conf', self.config)])
        wanted = {'database.connection': self.database_url(database),
                  'DEFAULT.auth_strategy': self.auth, **self.options, **(options or {})}
        for name, value in wanted.items():
            group, _, option = name.rpartition('.')
            conf.set_override(option, value, group or None)
        policy_opts.set_defaults(conf, self._file('policy.yaml', yaml.safe_dump(
            {**self.policy, **(policy or {})})))
        self.broker = core.Broker.from_conf(conf)
        self.addCleanup(self.broker.close)
        self.broker.stores.control.clock = self.clock
        return app.build(conf, self.broker, clock=lambda: self.clock() / 1000)

    def make_pool(self, **fields):
        """A pool for queues to live in."""
        self.broker.stores.control.pools.put(objects.Pool(
            name='pool', uri=self.database_url('pool'), weight=1, **fields))

    def layer(self, kind):
        """The layer of the application that is of this class."""
        layer = self.app
        while not isinstance(layer, kind):
            layer = layer._app
        return layer

    def caller(self, **kwargs):
        """One who calls this test's version; another client than all others."""
        return wire.Caller(kwargs.pop('app', self.app), kwargs.pop('version', self.version),
                           **kwargs)

    def assertStatus(self, status, response):
        self.assertEqual(status, response.status_int, response.text)

    def assertError(self, status, title, response):
        """An error in the contract's shape, with this title."""
        self.assertEqual((status, title), (response.status_int, response.json['title']),
                         f'{response.request.method} {response.request.path_qs} '
                         f'{response.text[:500]}')

    def assertContentLocation(self, path, response):
        """What Content-Location says, in the version that has it."""
        self.assertEqual(path if self.version.content_location else None,
                         response.headers.get('Content-Location'))

    @staticmethod
    def _file(name, text):
        path = os.path.join(tempfile.mkdtemp(), name)
        with open(path, 'w') as file:
            file.write(text)
        return path
