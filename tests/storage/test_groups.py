"""Groups of what several threads ask at once."""

import threading

import sqlalchemy as sa
from sqlalchemy import exc

from marconi import exception
from marconi import objects
from marconi import randomness
from marconi.storage.sqlalchemy import claiming
from marconi.storage.sqlalchemy import group
from marconi.storage.sqlalchemy import posting
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests import base
from tests.storage import probes
from tests.storage.contract import crowd
from tests.storage.contract import support


class TestGroupCommit(base.TestCase):

    def run_at_once(self, run, items, **options):
        """Submit the first item, and the others while it is being run."""
        groups, begun, gathered = [], threading.Event(), threading.Event()

        def record(members):
            groups.append(members)
            if members == items[:1]:
                begun.set()
                gathered.wait(10)
            return run(members)

        commit = group.GroupCommit(record, **options)
        results = {}

        def submit(item):
            try:
                results[item] = commit.submit(item)
            except ValueError as error:
                results[item] = str(error)

        threads = [threading.Thread(target=submit, args=[item]) for item in items]
        threads[0].start()
        begun.wait(10)
        patience = crowd.Patience()
        for number, thread in enumerate(threads[1:], 1):
            thread.start()
            while len(commit._waiting) < number:
                patience()
        gathered.set()
        for thread in threads:
            thread.join(10)
        return groups, results

    def test_what_comes_meanwhile_is_the_next_group(self):
        groups, results = self.run_at_once(lambda members: [item * 2 for item in members],
                                           [1, 2, 3, 4])
        self.assertEqual([[1], [2, 3, 4]], groups)
        self.assertEqual({1: 2, 2: 4, 3: 6, 4: 8}, results)

    def test_a_group_that_is_full(self):
        groups, _ = self.run_at_once(lambda members: members, [1, 2, 3, 4, 5], most=2)
        self.assertEqual([[1], [2, 3], [4, 5]], groups)

    def test_one_that_fails_does_not_take_others_with_it(self):
        def run(members):
            if 3 in members:
                raise ValueError('three')
            return members

        groups, results = self.run_at_once(run, [1, 2, 3, 4])
        self.assertEqual({1: 1, 2: 2, 3: 'three', 4: 4}, results)
        self.assertEqual([[1], [2, 3, 4], [2], [3], [4]], groups)


class TestPosting(base.OnEveryDatabase, base.TestCase):

    def test_only_those_who_know_the_queue_as_it_is(self):
        store = our_store.Store(self.database_url())
        self.addCleanup(store.dispose)
        queues = []
        for name in ('one', 'another'):
            store.queues.create('project', name, {})
            queues.append(store.streams.open(store.queues.get('project', name)))
        before, other = queues
        store.streams.touch(before)
        now = store.streams.open(before)
        posts = [posting.Post(queue, [support.new(body)], 'client') for queue, body in (
            (before, 'late'), (now, 'one'), (other, 'two'), (before, 'late'), (now, 'three'))]
        results = (store.database.together._run([(store.posting._at_once, post)
                                                 for post in posts])
                   if store.database.together else store.posting._post_group(posts))
        self.assertEqual([True, False, False, True, False],
                         [isinstance(result, exception.StaleQueue) for result in results])
        self.assertEqual(['one', 'three'], support.bodies(store.messages.list(now)))
        self.assertEqual(['two'], support.bodies(store.messages.list(other)))


class TestClaiming(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.store = our_store.Store(self.database_url())
        self.addCleanup(self.store.dispose)

    def open(self, name, bodies):
        self.store.queues.create('project', name, {})
        queue = self.store.streams.open(self.store.queues.get('project', name))
        self.store.messages.post(queue, [support.new(body) for body in bodies], 'client')
        return queue

    def claim(self, *wants):
        """Return a ``Claim`` for each of the wants, or None."""
        if self.store.database.together:
            return [None if claim is claiming.UNKNOWN else claim for claim in self.at_once(*wants)]
        return self.store.claims._create_group(wants)

    def at_once(self, *wants):
        return self.store.database.together._run([
            (self.store.claims._at_once, (randomness.new_id(), *want)) for want in wants])

    def test_messages_are_dealt_out_in_order(self):
        one, other = self.open('one', 'abcdefg'), self.open('other', 'xy')
        claims = self.claim((one, 60, 600, 2), (other, 60, 60, 1), (one, 300, 60, 3),
                            (one, 60, 60, 10), (one, 60, 60, 1), (other, 60, 60, 5))
        self.assertEqual(['ab', 'x', 'cde', 'fg', None, 'y'], [
            claim and ''.join(support.bodies(claim.messages)) for claim in claims])
        self.assertEqual([(60, 600), (60, 60), (300, 60)],
                         [(claim.ttl, claim.grace) for claim in claims[:3]])
        for queue, claim in (one, claims[0]), (one, claims[2]), (other, claims[1]):
            found = self.store.claims.get(queue, claim.id)
            self.assertEqual((claim.ttl, claim.grace, claim.messages),
                             (found.ttl, found.grace, [
                                 message.evolve(read_at=claim.read_at)
                                 for message in found.messages]))
            self.assertTrue(all(message.claim_id == claim.id for message in found.messages))

    def test_only_those_who_know_the_queue_as_it_is(self):
        before = self.open('one', 'abc')
        self.store.streams.touch(before)
        now = self.store.streams.open(before)
        wants = [(queue, 60, 60, 1) for queue in (now, before, now)]
        claims = self.claim(*wants)
        self.assertEqual(['a', 'b'], [support.bodies(claims[index].messages)[0]
                                      for index in (0, 2)])
        self.assertNotIsInstance(claims[1], objects.Claim)

    def test_a_queue_that_has_nothing(self):
        empty, other = self.open('empty', ''), self.open('other', 'x')
        self.claim((other, 60, 60, 1))
        with probes.statements(self.store) as seen:
            for queue in (empty, other):
                self.assertIsNone(self.store.claims.create(queue, 60, 60, 1))
        if self.store.database.together:
            # That is all that those who ask again and again cost.
            self.assertEqual(2, len(seen))
            self.assertFalse(self.at_once((empty, 60, 60, 1), (empty, 60, 60, 1))[1])

    def test_a_queue_that_has_nothing_is_not_what_it_was(self):
        before = self.open('one', '')
        self.store.streams.touch(before)
        now = self.store.streams.open(before)
        self.assertIsNone(self.store.claims.create(now, 60, 60, 1))
        self.assertRaises(exception.StaleQueue, self.store.claims.create, before, 60, 60, 1)
        if self.store.database.together:
            self.assertEqual([claiming.UNKNOWN, None],
                             self.at_once((before, 60, 60, 1), (now, 60, 60, 1)))


class TestTogether(base.TestCase):
    """Operations of several kinds in one transaction."""

    backend = 'postgresql'

    def setUp(self):
        super().setUp()
        self.store = our_store.Store(self.database_url())
        self.addCleanup(self.store.dispose)
        self.store.queues.create('project', 'queue', {})
        self.queue = self.store.streams.open(self.store.queues.get('project', 'queue'))
        self.store.messages.post(self.queue, [support.new(body) for body in 'abc'], 'client')

    def asked(self, client_id='client'):
        """Return what there is to do: a post, a deletion and a claim."""
        last = self.store.messages.list(self.queue)[-1]
        seqs = self.store.messages.moved.own(self.queue, [last.id])
        return [(self.store.posting._at_once,
                 posting.Post(self.queue, [support.new('new')], client_id)),
                (self.store.messages._at_once, (self.queue, seqs, '')),
                (self.store.claims._at_once, (randomness.new_id(), self.queue, 60, 60, 1))]

    def bodies(self):
        return support.bodies(self.store.messages.list(self.queue, include_claimed=True))

    def test_one_round_trip(self):
        asked = self.asked()
        with probes.statements(self.store) as seen:
            [seq], deleted, claim = self.store.database.together._run(asked)
        self.assertEqual(['WITH', 'DELETE', 'WITH'],
                         [statement.split()[0] for statement, _ in seen])
        self.assertEqual((1, ['a']), (deleted, support.bodies(claim.messages)))
        self.assertEqual(['a', 'b', 'new'], self.bodies())

    def test_one_that_fails_does_not_take_others_with_it(self):
        entries = [group._Entry(item, 0) for item in self.asked(client_id='no text: \0')]
        self.store.database.together._group._settle(entries)
        posted, deleted, claimed = entries
        self.assertIsInstance(posted.error, exc.DataError)
        self.assertEqual((1, ['a'], 1), (
            deleted.result, support.bodies(claimed.result.messages),
            claimed.result.messages[0].claim_count))
        self.assertEqual(['a', 'b'], self.bodies())
        self.assertEqual([claimed.result.id], self.store.database.read(
            lambda connection: connection.scalars(sa.select(tables.claims.c.id)).all()))

    def test_all_is_in_the_hands_of_others(self):
        claim = self.store.claims._at_once, (randomness.new_id(), self.queue, 60, 60, 3)
        with self.store.engine.connect() as connection:
            connection.exec_driver_sql('BEGIN')
            connection.execute(sa.select(tables.messages).with_for_update())
            # Whoever has them may roll back.
            self.assertEqual([claiming.UNKNOWN], self.store.database.together._run([claim]))
            connection.exec_driver_sql('ROLLBACK')
        self.assertEqual(['a', 'b', 'c'], support.bodies(
            self.store.claims.create(self.queue, 60, 60, 3).messages))

    def test_the_connection_breaks(self):
        asked = self.asked()
        with self.store.database.sessions.session() as session:
            session.pooled.dbapi_connection.pgconn.finish()
            self.assertRaises(sa.exc.OperationalError, self.store.database.together._execute,
                              session, [(operation, None, [item]) for operation, item in asked])
            self.assertTrue(session.invalidated)
        self.assertEqual(['a', 'b', 'c'], self.bodies())

    def test_the_server_ends_the_connection(self):
        with self.store.database.sessions.session() as session:
            pid = session.scalar(sa.text('SELECT pg_backend_pid()'))
        asked, ended = self.asked(), []

        def end(text, arguments):
            if ended:
                return
            ended.append(text)
            with self.store.engine.connect() as connection:
                connection.execute(sa.text(f'SELECT pg_terminate_backend({pid}, 5000)'))

        self.store.database.on_run = end
        self.assertRaises(exception.StorageUnavailable,
                          self.store.database.together._run, asked)
        self.assertEqual(['a', 'b', 'c'], self.bodies())
        self.assertEqual(0, self.store.connections())

    def test_somebody_discards_what_is_prepared(self):
        self.store.database.together._run(self.asked())
        with self.store.database.sessions.session() as session:
            session.execute(sa.text('DISCARD ALL'))
        [_], deleted, claim = self.store.database.together._run(self.asked())
        self.assertEqual((1, ['b']), (deleted, support.bodies(claim.messages)))
