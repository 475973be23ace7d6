"""Random operations against the simplest queue that could be right."""

import dataclasses
import itertools
import os

import hypothesis
from hypothesis import stateful
from hypothesis import strategies

from marconi import exception
from tests.storage.contract import support

#: How many histories of how many operations; more of them, and other ones in
#: each run, with MARCONI_TEST_EXAMPLES=10000.
EXAMPLES = 12
STEPS = 40


@dataclasses.dataclass
class ModelMessage:
    id: str
    body: bytes
    client: str
    created_at: int
    expires_at: int
    visible_at: int
    claim_id: str | None = None
    claim_ends_at: int = 0
    claim_count: int = 0


@dataclasses.dataclass
class ModelClaim:
    ttl: int
    grace: int
    renewed_at: int

    @property
    def ends_at(self):
        return self.renewed_at + 1000 * self.ttl


class ModelQueue:
    """A list, and a clock."""

    def __init__(self, clock):
        self.clock = clock
        self.messages, self.claims = [], {}
        self.positions = {}  # of all ids there ever were

    def alive(self):
        return [message for message in self.messages if message.expires_at > self.clock()]

    def held(self, message):
        return message.claim_id is not None and message.claim_ends_at > self.clock()

    def delayed(self, message):
        return message.visible_at > self.clock() and not self.held(message)

    def free(self):
        return [message for message in self.alive()
                if not self.held(message) and not self.delayed(message)]

    def find(self, id):
        return next((message for message in self.alive() if message.id == id), None)

    def remove(self, ids):
        self.messages = [message for message in self.messages if message.id not in ids]

    def claim(self, id):
        claim = self.claims.get(id)
        return claim if claim and claim.ends_at > self.clock() else None

    def holding(self, claim_id):
        return [message for message in self.alive()
                if message.claim_id == claim_id and self.held(message)]

    def hold(self, messages, claim_id):
        claim = self.claims[claim_id]
        for message in messages:
            message.claim_id, message.claim_ends_at = claim_id, claim.ends_at
            message.expires_at = max(message.expires_at, claim.ends_at + 1000 * claim.grace)


class Machine(stateful.RuleBasedStateMachine):
    """One queue, in the store and in the model."""

    case = None  # the running test
    names = itertools.count()

    def __init__(self):
        super().__init__()
        self.clock = self.case.clock
        self.store = self.case.store
        self.numbers = itertools.count()
        self.start_anew()

    def start_anew(self):
        self.queue = self.case.new_queue()
        self.model = ModelQueue(self.clock)

    # What the rules choose from: known ids, gone or not, and one that never was.

    def an_id(self, pick):
        known = list(self.model.positions)
        return known[pick % len(known)] if known else 'f' * 32

    def a_claim(self, pick):
        known = list(self.model.claims)
        return known[pick % len(known)] if known else 'f' * 32

    def same(self, expected, found):
        """Compare what the store shows with messages of the model."""
        now = self.clock()
        assert [
            (message.id, message.body, message.created_at, message.expires_at,
             message.claim_id if self.model.held(message) else None, message.claim_count, now)
            for message in expected
        ] == [
            (message.id, message.body, message.created_at, message.expires_at,
             message.claim_id, message.claim_count, message.read_at) for message in found]

    picks = strategies.integers(0, 1000)
    limits = strategies.integers(1, 6)
    ttls = strategies.sampled_from([1, 5, 30, 60, 1000])

    @stateful.rule(seconds=strategies.sampled_from([0.001, 0.999, 1, 4, 30, 61, 900]))
    def time_passes(self, seconds):
        self.clock.move(seconds)

    @stateful.rule(batch=strategies.lists(
        strategies.tuples(ttls, strategies.sampled_from([0, 0, 0, 1, 30])),
        min_size=1, max_size=5), client=strategies.sampled_from(['a', 'b']))
    def post(self, batch, client):
        messages = [support.new(f'{next(self.numbers)}', ttl=ttl, delay=delay)
                    for ttl, delay in batch]
        ids = self.store.messages.post(self.queue, messages, client)
        now = self.clock()
        for id, message in zip(ids, messages, strict=True):
            assert id not in self.model.positions
            self.model.positions[id] = len(self.model.positions)
            self.model.messages.append(ModelMessage(
                id, message.body, client, now, now + 1000 * message.ttl,
                now + 1000 * message.delay))

    @stateful.rule(pick=strategies.none() | picks, limit=limits,
                   skip=strategies.sampled_from([None, None, 'a']),
                   claimed=strategies.booleans(), delayed=strategies.booleans())
    def list(self, pick, limit, skip, claimed, delayed):
        marker = None if pick is None else self.an_id(pick)
        position = -1 if marker is None else self.model.positions.get(marker, 10_000)
        expected = [
            message for message in self.model.alive()
            if self.model.positions[message.id] > position and message.client != skip
            and (claimed or not self.model.held(message))
            and (delayed or not self.model.delayed(message))]
        self.same(expected[:limit], self.store.messages.list(
            self.queue, marker, limit, skip, claimed, delayed))

    @stateful.rule(chosen=strategies.lists(picks, max_size=4))
    def get(self, chosen):
        ids = [self.an_id(pick) for pick in chosen]
        self.same([message for message in self.model.alive() if message.id in ids],
                  self.store.messages.get(self.queue, ids))

    @stateful.rule(limit=limits)
    def pop(self, limit):
        expected = self.model.free()[:limit]
        self.same(expected, self.store.messages.pop(self.queue, limit))
        self.model.remove({message.id for message in expected})

    @stateful.rule(limit=limits, ttl=ttls, grace=strategies.sampled_from([0, 5, 60]))
    def make_claim(self, limit, ttl, grace):
        claim = self.store.claims.create(self.queue, ttl, grace, limit)
        expected = self.model.free()[:limit]
        if not expected:
            assert claim is None
            return
        assert claim is not None
        self.model.claims[claim.id] = ModelClaim(ttl, grace, self.clock())
        for message in expected:
            message.claim_count += 1
        self.model.hold(expected, claim.id)
        self.same(expected, claim.messages)

    @stateful.rule(pick=picks)
    def show_claim(self, pick):
        id = self.a_claim(pick)
        expected = self.model.claim(id)
        try:
            claim = self.store.claims.get(self.queue, id)
        except exception.ClaimNotFound:
            assert expected is None
            return
        assert (expected.ttl, expected.grace, expected.renewed_at) == (
            claim.ttl, claim.grace, claim.renewed_at)
        self.same(self.model.holding(id), claim.messages)

    @stateful.rule(pick=picks, ttl=ttls, grace=strategies.sampled_from([0, 60]))
    def renew_claim(self, pick, ttl, grace):
        id = self.a_claim(pick)
        expected, held = self.model.claim(id), self.model.holding(id)
        try:
            self.store.claims.renew(self.queue, id, ttl, grace)
        except exception.ClaimNotFound:
            assert expected is None
            return
        assert expected is not None
        self.model.claims[id] = ModelClaim(ttl, grace, self.clock())
        self.model.hold(held, id)

    @stateful.rule(pick=picks)
    def release_claim(self, pick):
        id = self.a_claim(pick)
        self.store.claims.release(self.queue, id)
        if self.model.claim(id):
            for message in self.model.holding(id):
                message.claim_id = None
            del self.model.claims[id]

    @stateful.rule(pick=picks, claim_pick=strategies.none() | picks)
    def delete(self, pick, claim_pick):
        id = self.an_id(pick)
        claim_id = None if claim_pick is None else self.a_claim(claim_pick)
        message = self.model.find(id)
        try:
            self.store.messages.delete(self.queue, id, claim_id)
        except exception.MessageClaimed:
            assert self.model.held(message) and message.claim_id != claim_id
        except exception.MessageNotClaimed:
            assert claim_id is not None and not self.model.held(message)
        else:
            if message:
                holder = message.claim_id if self.model.held(message) else None
                assert claim_id == holder
            self.model.remove({id})

    @stateful.rule(chosen=strategies.lists(picks, max_size=4),
                   claim_picks=strategies.none() | strategies.lists(
                       picks, min_size=1, max_size=2))
    def delete_many(self, chosen, claim_picks):
        ids = {self.an_id(pick) for pick in chosen}
        claims = None if claim_picks is None else [self.a_claim(pick) for pick in claim_picks]
        rightful = claims is None or all(
            self.model.held(message) and message.claim_id in claims
            for message in map(self.model.find, ids) if message)
        try:
            self.store.messages.delete_many(self.queue, [*ids], claims)
        except (exception.MessageClaimed, exception.MessageNotClaimed):
            assert not rightful
        else:
            assert rightful
            self.model.remove(ids)

    @stateful.rule(sweep=strategies.sampled_from([
        'expired_messages', 'expired_claims', 'ended_delays', 'purged_messages', 'moved_ids']),
        batch=strategies.sampled_from([1, 3, 100]))
    def sweep(self, sweep, batch):
        assert 0 <= getattr(self.store.sweeps, sweep)(batch) <= batch

    @stateful.rule()
    def purge(self):
        self.store.streams.purge(self.queue)
        self.queue = self.case.reopened(self.queue)
        self.model.messages.clear()
        self.model.claims.clear()

    @stateful.rule(kind=strategies.sampled_from(['close', 'touch', 'touch']))
    def close_or_touch(self, kind):
        if kind == 'close':
            self.store.streams.close(self.queue)
            self.start_anew()
        else:
            self.store.streams.touch(self.queue)
            self.queue = self.case.reopened(self.queue)

    @stateful.invariant()
    def counts(self):
        stats = self.store.messages.stats(self.queue)
        alive = self.model.alive()
        claimed = sum(map(self.model.held, alive))
        assert (stats.free, stats.claimed) == (len(alive) - claimed, claimed)
        assert [message and message.id for message in (stats.oldest, stats.newest)] == (
            [alive[0].id, alive[-1].id] if alive else [None, None])

    @stateful.invariant()
    def signals(self):
        signal = self.store.messages.signals([self.queue]).get(self.queue.id)
        # A reason too many to look again does no harm; one too few does.
        assert signal is not None and signal.ready or not self.model.free()


class Model(support.Contract):

    #: Of examples, where a statement takes longer.
    share = 1

    def test_random_operations(self):
        class ThisMachine(Machine):
            case = self

        wanted = int(os.environ.get('MARCONI_TEST_EXAMPLES', 0))
        stateful.run_state_machine_as_test(ThisMachine, settings=hypothesis.settings(
            max_examples=wanted or max(1, round(EXAMPLES * self.share)),
            stateful_step_count=STEPS, derandomize=not wanted, database=None, deadline=None,
            suppress_health_check=list(hypothesis.HealthCheck)))
