"""The list of processes."""

from marconi import objects
from tests.storage.contract import support


class Services(support.Contract):

    def setUp(self):
        super().setUp()
        self.services = self.store.services

    def beat(self, name='one', uptime=0, **fields):
        defaults = {'kind': 'server', 'host': 'host', 'pid': 1, 'version': '1.0'}
        self.services.beat(objects.Service(id=name, **(defaults | fields)), uptime)

    def names(self):
        return [service.id for service in self.services.list()]

    def test_nobody(self):
        self.assertEqual([], self.services.list())

    def test_what_a_process_says_of_itself(self):
        self.beat('one', kind='janitor', host='there', pid=77, version='2.1.dev3')
        self.assertEqual([objects.Service(
            id='one', kind='janitor', host='there', pid=77, version='2.1.dev3',
            started_at=support.START, seen_at=support.START, silent=0)], self.services.list())

    def test_beats_move_only_when_it_was_seen(self):
        self.beat()
        self.clock.move(10)
        self.beat(uptime=10)
        self.clock.move(3)
        service, = self.services.list()
        self.assertEqual((support.START, support.START + 10_000, 3000),
                         (service.started_at, service.seen_at, service.silent))

    def test_the_start_may_be_before_the_first_beat(self):
        self.beat(uptime=12.3)
        self.assertEqual(support.START - 12_300, self.services.list()[0].started_at)

    def test_order(self):
        self.beat('a', kind='server', host='b', pid=2)
        self.beat('b', kind='server', host='b', pid=1)
        self.beat('c', kind='server', host='a', pid=3)
        self.beat('d', kind='janitor', host='z', pid=9)
        self.assertEqual(['d', 'c', 'b', 'a'], self.names())

    def test_the_same_process_twice_in_the_list_is_two(self):
        self.beat('one')
        self.beat('two')
        self.assertEqual(2, len(self.names()))

    def test_remove(self):
        self.beat('one')
        self.beat('two')
        self.services.remove('one')
        self.services.remove('nobody')
        self.assertEqual(['two'], self.names())

    def test_forget_those_who_are_silent(self):
        self.beat('old')
        self.clock.move(60)
        self.beat('new')
        self.services.forget(60.001)
        self.assertEqual({'old', 'new'}, set(self.names()))
        self.services.forget(60)
        self.assertEqual(['new'], self.names())

    def test_another_store_sees_them(self):
        self.beat('one')
        self.assertEqual(1, len(self.open_store(self.clock).services.list()))
