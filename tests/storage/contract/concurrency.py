"""Many processes and threads at once: promises P1 to P3, leases and sweeps."""

import collections
import itertools
import random
import threading
import time

from marconi import exception
from tests.storage.contract import crowd
from tests.storage.contract import support

#: How many messages the writers post, all together, for the readers' test.
WRITTEN = 20_000
WRITERS = 8


def write(number, connect, numbers, queue, count):
    """Post ``count`` messages in batches of mixed size; return the ids by batch."""
    store = crowd.shared_store(connect, numbers)
    random_number = random.Random(number)
    left, batches = count, []
    while left:
        size = min(left, random_number.choice([1, 1, 2, 5, 10, 10, 20, 40]))
        batch = support.several(size, f'{number}/{len(batches)}/')
        batches.append(store.messages.post(queue, batch, 'client'))
        left -= size
    return batches


def consume(number, connect, numbers, queue):
    """Claim, and delete, release, renew or abandon, until all is gone.

    :returns: what was held: (message, claim, from, until, when it was ours at the latest); and
        what was deleted: (message, when).
    """
    store = crowd.shared_store(connect, numbers, clock=numbers)
    random_number, patience = random.Random(number), crowd.Patience()
    held, deleted = [], []
    while not numbers[1]:
        patience()
        claim = store.claims.create(queue, 60, 60, random_number.randint(1, 8))
        if claim is None:
            if not store.messages.stats(queue).total:
                break
            time.sleep(0.005)
            continue
        latest = numbers()
        until = dict.fromkeys(support.ids(claim.messages), claim.renewed_at + 60_000)
        act = random_number.choice(['delete', 'delete', 'abandon', 'release', 'renew'])
        if act == 'renew':
            try:
                store.claims.renew(queue, claim.id, 90, 60)
                renewed = store.claims.get(queue, claim.id)
                # Some may have been taken by others at the last moment.
                until |= dict.fromkeys(support.ids(renewed.messages), renewed.renewed_at + 90_000)
            except exception.ClaimNotFound:
                pass
        for message in claim.messages:
            if act in ('delete', 'renew') and _delete(store, queue, message, claim):
                deleted.append((message.id, numbers()))
        if act == 'release':
            # When, no clock that we read here can tell: another claimer may have
            # read it before us and take the message after us.
            until = dict.fromkeys(until, claim.renewed_at)
            store.claims.release(queue, claim.id)
        held += [(id, claim.id, claim.renewed_at, end, latest) for id, end in until.items()]
    return held, deleted


def _delete(store, queue, message, claim):
    try:
        store.messages.delete(queue, message.id, claim.id)
    except (exception.MessageClaimed, exception.MessageNotClaimed):
        return False
    return True  # or somebody else did, who held it later


def take(number, connect, numbers, queue):
    """Claim everything, ten at a time; or pop it."""
    store = crowd.shared_store(connect, numbers)
    taken, patience = [], crowd.Patience()
    while True:
        patience()
        if number % 2:
            got = store.messages.pop(queue, 10)
        else:
            claim = store.claims.create(queue, 3600, 60, 10)
            got = claim.messages if claim else []
        taken += support.ids(got)
        if not got and not store.messages.stats(queue).free:
            return taken


def race_for_lease(number, connect, numbers, rounds):
    """Try to take each of some leases, all at the same moment; return which were got."""
    store = crowd.shared_store(connect, numbers, clock=numbers)
    patience, got = crowd.Patience(), []
    crowd.meet(numbers, 10 + number, WRITERS, patience)
    for round in range(rounds):
        if store.leases.acquire(f'lease-{round}', f'holder-{number}', 60):
            got.append(round)
    return got


def sweep(number, connect, numbers):
    """Sweep until nothing is left; return how many rows each sweep dealt with."""
    store = crowd.shared_store(connect, numbers, clock=numbers)
    patience, done = crowd.Patience(), collections.Counter()
    crowd.meet(numbers, 10 + number, WRITERS, patience)
    names = ['expired_messages', 'expired_claims', 'ended_delays', 'purged_messages']
    random.Random(number).shuffle(names)
    for name in names:
        while count := getattr(store.sweeps, name)(7):
            patience()
            done[name] += count
    return done


class Reader(threading.Thread):
    """Follows the markers of a queue until it has seen all that is written."""

    def __init__(self, store, queue, readers, patience):
        super().__init__()
        self.store, self.queue, self.readers, self.patience = store, queue, readers, patience
        self.seen, self.error = [], None

    def run(self):
        try:
            marker = None
            while len(self.seen) < WRITTEN:
                self.patience()
                page = self.store.messages.list(self.queue, marker, limit=100)
                self.seen += page
                if page:
                    marker = page[-1].id
                    self.delete_the_slowest_readers_marker()
                else:
                    time.sleep(0.01)
        except BaseException as error:
            self.error = error

    def delete_the_slowest_readers_marker(self):
        passed = min(len(reader.seen) for reader in self.readers)
        if passed:
            self.store.messages.delete(self.queue, self.seen[passed - 1].id)


class Concurrency(support.Contract):

    def setUp(self):
        super().setUp()
        self.queue = self.new_queue()
        self.numbers = support.SharedNumbers()
        self.numbers[0] = support.START

    def run_everywhere(self, function, *args, **options):
        return crowd.run(function, self.connect, self.numbers, *args, **options)

    def test_nobody_is_skipped(self):
        # P3. The readers delete each other's markers on the way.
        self.store.clock = None
        patience, readers = crowd.Patience(), []
        readers += [Reader(self.store, self.queue, readers, patience) for _ in range(3)]
        for reader in readers:
            reader.start()
        written = self.run_everywhere(write, self.queue, WRITTEN // WRITERS)
        for reader in readers:
            reader.join()
            if reader.error:
                raise reader.error

        first = support.ids(readers[0].seen)
        self.assertEqual(WRITTEN, len(set(first)))
        for reader in readers[1:]:
            self.assertEqual(first, support.ids(reader.seen))
        batches = list(itertools.chain(*written))
        self.assertEqual(set(itertools.chain(*batches)), set(first))
        position = {id: number for number, id in enumerate(first)}
        for batch in batches:  # stand together, in their order
            start = position[batch[0]]
            self.assertEqual(batch, first[start:start + len(batch)])
        for own in written:  # each writer's in the order of its posts
            places = [position[batch[0]] for batch in own]
            self.assertEqual(sorted(places), places)
        for batches_of, own in enumerate(written):  # everybody got his own ids
            for number, batch in enumerate(own):
                body = readers[0].seen[position[batch[-1]]].body.decode()
                self.assertEqual(f'{batches_of}/{number}/{len(batch) - 1}', body)

    def test_one_holder(self):
        # P2. Claims run out under their holders, whose clock is moved from here.
        ids = self.post(self.queue, *support.several(600, ttl=1_000_000))
        moves = itertools.count()

        def meanwhile():
            time.sleep(0.01)
            self.numbers[0] += 7_001
            if next(moves) > 3000:
                self.numbers[1] = 1

        results = self.run_everywhere(consume, self.queue, meanwhile=meanwhile)
        claims = collections.defaultdict(list)
        for held, _ in results:
            for id, claim, since, until, latest in held:
                claims[id].append((since, until, claim, latest))
        for id, spans in claims.items():
            # Those released are left out: one whose clock was read before, and who took the
            # message after the release, would seem to overlap with them, and with those who
            # held it before them.
            released = [since for since, until, _, _ in spans if since == until]
            spans = sorted(span for span in spans if span[1] > span[0])
            for (_, until, _, _), (since, _, _, latest) in itertools.pairwise(spans):
                if not any(until <= when <= latest for when in released):
                    self.assertLessEqual(until, since, (id, spans))
        deleted = [entry for _, found in results for entry in found]
        for id, when in deleted:  # never comes back
            self.assertFalse([span for span in claims[id] if span[0] > when], id)
        self.store.clock = self.numbers
        self.numbers[0] += 1_000_000
        left = support.ids(self.everything(self.queue))
        gone = {id for id, _ in deleted}
        self.assertEqual(set(), gone & set(left))
        self.assertEqual(set(ids), gone | set(left))  # none lost
        self.assertGreater(len(gone), 500)

    def test_everything_is_taken_once(self):
        self.store.clock = None
        ids = self.post(self.queue, *support.several(2000))
        taken = list(itertools.chain(*self.run_everywhere(take, self.queue)))
        self.assertEqual(2000, len(taken))
        self.assertEqual(set(ids), set(taken))

    def test_a_claimer_finds_what_others_do_not_hold(self):
        # While others hold the first messages in open transactions or claims,
        # later ones are there to be had: nobody goes away empty-handed.
        self.store.clock = None
        self.post(self.queue, *support.several(400))

        def claim(number):
            return [self.claim(self.queue, limit=5) for _ in range(10)]

        claims = list(itertools.chain(*crowd.run_threads(claim)))
        self.assertEqual([], [claim for claim in claims if claim is None])
        self.assertEqual(400, len({id for claim in claims for id in support.ids(claim.messages)}))

    def test_posts_of_many_threads(self):
        # Group commits: each gets its own ids, and pays for its own mistakes only.
        queues = [self.queue, self.new_queue(), self.new_queue()]
        stale = self.new_queue()
        self.store.streams.touch(stale)

        def post(number):
            posted = collections.defaultdict(list)
            for count in range(30):
                queue = queues[(number + count) % 3]
                kind = (number + count) % 10
                if kind == 3:
                    self.assertRaises(exception.StaleQueue, self.post, stale, 'stale')
                elif kind == 7:
                    self.assertRaises(Exception, self.post, queue, 'impossible',  # noqa: H202
                                      support.new('impossible', ttl=2 ** 60))
                else:
                    batch = support.several(1 + count % 3, f'{number}/{count}/')
                    posted[queue.id].append((self.post(queue, *batch), batch))
            return posted

        results = crowd.run_threads(post, threads=12)
        for queue in queues:
            found = {message.id: message.body for message in self.everything(queue)}
            expected = {id: message.body for posted in results
                        for ids, batch in posted[queue.id]
                        for id, message in zip(ids, batch, strict=True)}
            self.assertEqual(expected, found)
        self.assertEqual([], self.everything(self.reopened(stale)))

    def test_create_of_one_queue_by_many(self):
        def create(number):
            created = self.store.queues.create('p', 'contended', {'by': number})
            queue = self.store.queues.get('p', 'contended')
            return created, self.store.streams.open(queue)

        for _ in range(5):
            results = crowd.run_threads(create)
            self.assertEqual(1, sum(created for created, _ in results))
            self.assertEqual(1, len({(queue.id, queue.generation) for _, queue in results}))
            winner = [created for created, _ in results].index(True)
            self.assertEqual({'by': winner}, results[0][1].metadata)
            self.store.streams.close(results[0][1])
            self.store.queues.delete(results[0][1])

    def test_updates_of_metadata_do_not_get_lost(self):
        self.store.queues.create('p', 'counter', {'count': 0})

        def count(number):
            done = 0
            while done < 10:
                queue = self.store.queues.get('p', 'counter')
                done += self.store.queues.update(
                    queue, {'count': queue.metadata['count'] + 1})

        crowd.run_threads(count)
        self.assertEqual({'count': 80}, self.store.queues.get('p', 'counter').metadata)

    def test_posts_against_a_purge_and_a_close(self):
        # Every acknowledged post is there, or went with a purge that came after it.
        self.store.clock = None
        over = threading.Event()

        def work(number):
            if number == 0:
                for _ in range(10):
                    self.store.streams.purge(self.queue)
                last = self.post(self.reopened(self.queue), 'last')
                over.set()
                return last
            ids, queue = [], self.queue
            while not over.is_set():
                try:
                    ids = self.post(queue, 'a', 'b')
                except exception.StaleQueue:
                    queue = self.reopened(queue)
            return ids

        last = crowd.run_threads(work, threads=5)
        queue = self.reopened(self.queue)
        found = support.ids(self.everything(queue))
        self.assertIn(last[0][0], found)
        for ids in last[1:]:
            self.assertIn([id in found for id in ids], ([True, True], [False, False], []))
        self.store.streams.close(queue)
        self.assertRaises(exception.StaleQueue, self.post, queue, 'late')

    def test_a_lease_has_one_holder(self):
        rounds = 40
        for _ in range(2):  # free, and then after all have run out
            for number in range(WRITERS):
                self.numbers[10 + number] = 0
            results = self.run_everywhere(race_for_lease, rounds)
            self.assertEqual(list(range(rounds)), sorted(itertools.chain(*results)))
            self.numbers[0] += 60_000

    def test_sweeps_do_not_collide(self):
        queues = [self.new_queue() for _ in range(6)]
        for queue in queues:
            self.post(queue, *support.several(30, ttl=7200), *support.several(40, ttl=60))
            self.post(queue, *(support.new('delayed', delay=delay) for delay in range(1, 31)))
            for _ in range(15):
                self.claim(queue, limit=2, ttl=60)
        for queue in queues[:3]:
            self.store.streams.close(queue)
        self.numbers[0] = self.clock.now + 100_000
        results = self.run_everywhere(sweep)
        done = sum(results, collections.Counter())
        # Those of the closed queues may go in more than one way, but once.
        self.assertIn(done['expired_messages'], range(120, 241))
        self.assertIn(done['expired_claims'], range(45, 91))
        self.assertIn(done['ended_delays'], range(90, 181))
        self.assertGreaterEqual(done['expired_messages'] + done['purged_messages'], 420)
        self.clock.now = self.numbers[0]
        self.assertEqual(0, self.sweep_all())
        for queue in queues[3:]:
            self.assertEqual([*map(str, range(30)), *['delayed'] * 30], self.listed(queue))
