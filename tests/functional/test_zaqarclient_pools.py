"""Pools and flavors with python-zaqarclient as it is published: its library and its commands."""

import types

from zaqarclient.queues import client
from zaqarclient.queues.v2 import cli
from zaqarclient.transport import errors

from tests.functional import base
from tests import servers

CAPABILITIES = ['FIFO', 'CLAIMS', 'DURABILITY', 'AOD', 'HIGH_THROUGHPUT']


class PoolsTest(base.FunctionalTest):

    def setUp(self):
        super().setUp()
        self.require_server('keystone')
        self.cloud = servers.shared('keystone')
        self.served = self.own_service(default='admin_mode = true', auth='keystone',
                                       options=self.cloud.config())
        self.uris = [self.database_url(name) for name in ('first', 'second')]

    def client(self, persona='admin', project='red'):
        return client.Client(self.served.url, version=2, conf={'auth_opts': {
            'backend': 'keystone',
            'options': {'os_auth_token': self.cloud.token(persona, project)}}})


class TestLibrary(PoolsTest):

    def test_pools_and_flavors(self):
        it = self.client()
        first = it.pool('first', uri=self.uris[0], weight=10, options={'max_pool_size': 3})
        it.pool('second', uri=self.uris[1], weight=20, flavor='gold')
        self.assertEqual((10, None), (first.get()['weight'], first.get()['flavor']))
        first.update({'weight': 0})
        self.assertEqual(0, first.get()['weight'])
        pools = list(it.pools(detailed=True, limit=1).stream())
        self.assertEqual([('first', 0, {'max_pool_size': 3}), ('second', 20, {})],
                         [(pool.name, pool.weight, pool.options) for pool in pools])

        gold = it.flavor('gold', pool_list=['first', 'second'])
        self.assertEqual(['first', 'second'], gold.get()['pool_list'])
        self.assertEqual(CAPABILITIES, gold.get()['capabilities'])
        gold.update({'pool_list': ['first']})
        it.flavor('silver', pool_list=['second'])
        flavors = list(it.flavors(limit=1, detailed=True).stream())
        self.assertEqual([('gold', ['first']), ('silver', ['second'])],
                         [(flavor.name, flavor.pool_list) for flavor in flavors])
        self.assertEqual(['gold', 'silver'], [
            flavor.name for flavor in self.client('reader').flavors()])
        self.assertEqual([], list(self.client('admin', 'blue').flavors()))

        self.assertRaises(errors.ForbiddenError, first.delete)
        gold.delete()
        first.delete()
        self.assertRaises(errors.ResourceNotFound, first.get)
        self.assertRaises(errors.ResourceNotFound, gold.get)

    def test_what_is_refused(self):
        it = self.client()
        it.pool('first', uri=self.uris[0], weight=10)
        self.assertRaises(errors.ConflictError, it.pool, 'other', uri=self.uris[0], weight=1)
        self.assertRaises(errors.MalformedRequest, it.pool, 'other', uri='mongodb://h', weight=1)
        self.assertRaises(errors.MalformedRequest, it.flavor, 'gold', pool_list=['none'])
        for persona in ('member', 'reader'):
            other = self.client(persona)
            self.assertRaises(errors.ForbiddenError, other.pools)
            self.assertRaises(errors.ForbiddenError, other.flavor, 'gold', pool_list=['first'])


class TestCommands(PoolsTest):
    """``openstack messaging pool …`` and ``openstack messaging flavor …``."""

    # What the database does is seen with the library.
    scenarios = PoolsTest.scenarios[:1]

    def run_command(self, command, *words):
        """What a command shows: {column: value}, or a list of these, or None."""
        app = types.SimpleNamespace(client_manager=types.SimpleNamespace(
            messaging=self.client()))
        command = command(app, None)
        shown = command.take_action(command.get_parser('openstack').parse_args(words))
        if shown is None:
            return None
        columns, data = shown
        if isinstance(data, tuple):
            return dict(zip(columns, data, strict=True))
        return [dict(zip(columns, row, strict=True)) for row in data]

    def test_pools_and_flavors(self):
        run = self.run_command
        run(cli.CreatePool, 'first', self.uris[0], '10', '--pool_options', '{"max_overflow": 0}')
        run(cli.CreatePool, 'second', self.uris[1], '20', '--flavor', 'gold')
        self.assertEqual({'Name': 'second', 'Weight': 20, 'URI': self.uris[1], 'Flavor': 'gold',
                          'Options': ''}, run(cli.ShowPool, 'second'))
        run(cli.UpdatePool, 'first', '--pool_weight', '7', '--flavor', 'gold')
        self.assertEqual([('first', 7, 'gold', {'max_overflow': 0}), ('second', 20, 'gold', {})],
                         [(row['Name'], row['Weight'], row['Flavor'], row['Options'])
                          for row in run(cli.ListPools, '--detailed')])

        run(cli.CreateFlavor, 'silver', '--pool_list', 'first')
        self.assertEqual({'Name': 'silver', 'Pool list': ['first'],
                          'Capabilities': CAPABILITIES}, run(cli.ShowFlavor, 'silver'))
        run(cli.UpdateFlavor, 'silver', '--pool_list', 'first,second')
        self.assertEqual([{'Name': 'silver', 'Pool list': ['first', 'second']}],
                         run(cli.ListFlavors))
        run(cli.DeleteFlavor, 'silver')
        run(cli.DeletePool, 'first')
        self.assertEqual(['second'], [row['Name'] for row in run(cli.ListPools)])
