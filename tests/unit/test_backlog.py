"""Which queues have the most messages, on a real database and with the clock in our hand."""

from marconi import conf
from marconi import exception
from marconi import storage
from marconi.janitor import backlog
from marconi.storage import stores
from tests import base
from tests.storage.contract import support


class TestBacklog(base.TestCase):

    backend = 'sqlite'

    def setUp(self):
        super().setUp()
        self.store = storage.connect('sqlalchemy', self.database_url())
        self.clock = self.store.clock = support.Clock()
        self.now = 1000.0
        self.stores = stores.Stores(self.store)
        self.addCleanup(self.stores.close)
        self.conf = conf.new((), ())
        self.set(busiest_queues=3)
        self.backlog = backlog.Backlog(self.stores, self.conf.metrics, clock=lambda: self.now)

    def set(self, **options):
        for name, value in options.items():
            self.conf.set_override(name, value, 'metrics')

    def post(self, name, number, project='project'):
        self.store.queues.create(project, name, {})
        queue = self.store.streams.open(self.store.queues.get(project, name))
        self.store.messages.post(queue, support.several(number), 'client')

    def looked(self, seconds=30):
        """What is known after so many seconds: [(name, free)]."""
        self.now += seconds
        return [(queue['queue'], queue['free']) for queue in self.backlog.queues()]

    def test_shows_the_longest_first(self):
        for name, number in (('a', 1), ('b', 4), ('c', 2), ('d', 3)):
            self.post(name, number)
        self.assertEqual([('b', 4), ('d', 3), ('c', 2)], self.looked())

    def test_tells_project_and_age(self):
        self.post('a', 1, project='red')
        self.clock.move(7)
        self.assertEqual([{'project': 'red', 'queue': 'a', 'free': 1, 'held': 0,
                           'oldest': 7.0}], self.backlog.queues())

    def test_looks_at_intervals_only(self):
        self.post('a', 1)
        self.looked()
        self.post('a', 1)
        self.assertEqual([('a', 1)], self.looked(29))
        self.assertEqual([('a', 2)], self.looked(1))

    def test_none_if_none_are_wanted(self):
        self.post('a', 1)
        self.set(busiest_queues=0)
        self.assertEqual([], self.looked())

    def test_finds_in_the_end_what_one_look_does_not_reach(self):
        self.set(backlog_limit=100)
        for number in range(4):
            self.post(f'small-{number}', 60)
        for number in range(backlog.LOOKS):
            self.post(f'q-{number}', 60)
        self.post('large', 150)
        first, second = self.looked(), self.looked()
        self.assertNotIn(('large', 100), first)
        self.assertEqual(('large', 100), second[0])
        self.assertEqual(('large', 100), self.looked()[0])  # while the next round goes on

    def test_queue_that_was_emptied_or_deleted_is_shown_no_more(self):
        self.post('a', 1)
        self.post('b', 1)
        self.looked()
        self.stores.delete('project', 'a')
        self.stores.call('project', 'b', lambda store, queue: store.messages.pop(queue, 10))
        self.assertEqual([], self.looked())

    def test_database_that_does_not_answer(self):
        self.post('a', 1)
        self.looked()

        def gone(*args):
            raise exception.StorageUnavailable()

        self.store.backlog.count = gone
        self.assertEqual([], self.looked())
