"""How many cycles of one the database alone can do: the ceiling of the service.

    python -m tests.load.ceiling

Starts a PostgreSQL that is durable, and lets pgbench post one message, claim one and delete it,
with the very statements of the service, each a transaction of its own. Compare its cycles/s with
those of ``marconi-bench --scenarios cycle1``, measured right before or after it: their ratio
counts, and not figures of two days.
"""

import argparse
import json
import os
import re
import subprocess
import sys

from psycopg import adapt
import sqlalchemy as sa

from marconi import objects
from marconi.bench import scenarios
from marconi.storage.sqlalchemy import store as our_store
from marconi.storage.sqlalchemy import tables
from tests.load import durable
from tests.servers import process
from tests.storage import probes

#: As those of marconi-bench.
BODY = 230
CLIENT = '5d3b5b1e-0d3f-4c3c-9a55-2f1f6a1c8e11'
CLAIM_TTL, GRACE = 300, 60
#: Ids of queues and positions of messages follow these, so that they are like nothing else
#: that a statement is told.
QUEUES_FOLLOW, MESSAGES_FOLLOW = 1_000_000_000, 2_000_000_000
#: How pgbench makes the id of a claim, of a random number.
CLAIM_ID = 'md5(:claim)'
#: pgbench has variables for everything but NULL.
NULL = "nullif(:nothing, 'nothing')"

#: Each client has one queue, and remembers where its fresh messages begin, as a process of
#: the service does. A claim may find nothing, since others are looking at the same messages.
SCRIPT = r"""
\set queue {first} + :client_id % {queues}
\set claim random(1, 9223372036854775807)
{post};
\set found_seq 0
{claim} \aset found_
\if :found_seq > 0
\set head :found_fresh - 1
{delete};
\endif
"""


class Cycle:
    """The statements of a cycle, as the service runs them and as pgbench does.

    :ivar service: {name: (text, arguments)}
    :ivar pgbench: {name: text}. There are variables in the place of parameters, and no values:
        so the plan is for any values, as the service's is.
    :ivar variables: {name: value} that each client begins with.
    """

    def __init__(self, store, queue):
        self.pgbench, self.variables = {}, {'nothing': 'nothing', 'head': str(queue.floor)}
        first, _, _ = run_cycle(store, queue)
        seq, claim_id, self.service = run_cycle(store, queue)
        # By the first cycle the store knew where the fresh messages began.
        queue_id, head, seq = (queue.id, ':queue'), (first - 1, ':head'), (seq, ':found_seq')
        claim = claim_id, CLAIM_ID
        self._translate('post', queue_id)
        self._translate('claim', queue_id, head, claim)
        self._translate('delete', queue_id, seq, claim)

    def _translate(self, name, *varying):
        """Make the text for pgbench.

        :param varying: (an argument, alone or in a list; what pgbench has in its place)
        """
        text, arguments = self.service[name]
        instead = {dump(value): variable for value, variable in varying}
        # As text: of ARRAY[…] the planner would know the length.
        instead |= {dump([value]): f"('{{' || {variable} || '}}')" for value, variable in varying}

        def replace(match):
            value = arguments[int(match[1]) - 1]
            if value is None:
                return NULL
            value = dump(value)
            if not value:
                return "''"  # no value of a variable, for pgbench
            if value in instead:
                return instead[value]
            self.variables[f'{name}_{match[1]}'] = value
            return f':{name}_{match[1]}'

        self.pgbench[name] = re.sub(r'\$(\d+)', replace, text)
        for value, variable in varying:
            if variable not in self.pgbench[name]:
                raise AssertionError(f'{name} was not told {value}: {text} {arguments}')


def run_cycle(store, queue):
    """Let a store post, claim and delete a message.

    :returns: its position, the id of its claim, and {name: (text, arguments)}.
    """
    body = json.dumps(scenarios.body(BODY)).encode()
    with probes.statements(store) as seen:
        [id] = store.messages.post(
            queue, [objects.NewMessage(body=body, ttl=scenarios.TTL)], CLIENT)
        claim = store.claims.create(queue, CLAIM_TTL, GRACE, 1)
        [seq] = store.moved.own(queue, [id])
        store.messages.delete(queue, id, claim.id)
    return seq, claim.id, dict(zip(('post', 'claim', 'delete'), seen, strict=True))


def dump(value):
    """Return an argument as PostgreSQL's text."""
    dumper = adapt.Transformer().get_dumper(value, adapt.PyFormat.TEXT)
    return bytes(dumper.dump(value)).decode()


def make_queues(store, count):
    """Return new queues, with ids one after the other, in a database that has none."""
    with store.engine.connect() as connection:
        connection.execute(sa.text(
            f"SELECT setval(pg_get_serial_sequence('queues', 'id'), {QUEUES_FOLLOW}), "
            f"setval('{tables.message_seq.name}', {MESSAGES_FOLLOW})"))
    names = [f'queue-{number}' for number in range(count)]
    for name in names:
        store.queues.create('load', name, {})
    return [store.streams.open(store.queues.get('load', name)) for name in names]


def main():
    args = parse()
    pgbench = durable.PostgreSQL.program('pgbench')
    if pgbench is None:
        return 'no pgbench is installed (on Debian: apt-get install postgresql)'
    url, close = durable.database('postgresql')
    try:
        store = our_store.Store(url)
        try:
            run(args, pgbench, store)
        finally:
            store.dispose()
    finally:
        close()


def run(args, pgbench, store):
    queues = make_queues(store, args.queues)
    cycle = Cycle(store, queues[0])
    script = SCRIPT.format(first=queues[0].id, queues=len(queues), **cycle.pgbench)
    with store.engine.connect() as connection:
        print(describe(connection))
        before, settings = count(connection), of_session(connection)
        said = drive(args, pgbench, store.engine.url, settings, cycle.variables, script)
        posted, claims, left = (now - then for now, then in zip(count(connection), before))
    report(said, posted, claims, left)


def of_session(connection):
    """Return {name: value} of what the service sets when it has connected."""
    return dict(map(tuple, connection.execute(sa.text(
        "SELECT name, setting FROM pg_settings WHERE source = 'session'"))))


def describe(connection):
    shown = {name: connection.scalar(sa.text(f'SHOW {name}')) for name in (
        'server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'shared_buffers')}
    return ', '.join(f'{name} {value}' for name, value in shown.items())


def count(connection):
    """Return (messages ever posted, claims, messages left)."""
    return connection.execute(sa.text(
        f'SELECT (SELECT last_value FROM {tables.message_seq.name}), '
        '(SELECT count(*) FROM claims), (SELECT count(*) FROM messages)')).one()


def drive(args, pgbench, url, settings, variables, script):
    """Run pgbench; return what it says."""
    command = [pgbench, '--no-vacuum', '--protocol=prepared', f'--client={args.clients}',
               f'--jobs={min(args.clients, os.cpu_count())}', f'--time={args.duration}',
               '--file=-', *(f'--define={name}={value}' for name, value in variables.items()),
               url.set(drivername='postgresql').render_as_string(hide_password=False)]
    options = ' '.join(f'-c {name}={value}' for name, value in settings.items())
    running = process.spawn(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=os.environ | {'PGOPTIONS': options})
    said, complaints = running.communicate(script)
    if running.returncode:
        raise AssertionError(f'pgbench ended with {running.returncode}: {complaints}')
    return said


def report(said, posted, claims, left):
    """Print the rate, if what pgbench says is what happened to the tables.

    :param left: messages that were posted and not deleted.
    """
    transactions, failed, rate = (float(re.search(pattern, said)[1]) for pattern in (
        r'transactions actually processed: (\d+)', r'failed transactions: (\d+)', r'tps = (\S+)'))
    cycles = posted - left
    if not 0 <= posted - transactions <= failed or not 0 <= claims - cycles <= failed or not cycles:
        raise AssertionError(f'{posted} messages posted, {claims} claims made and {left} messages '
                             f'left, and pgbench says: {said}')
    print(f'{cycles} cycles; {failed:.0f} transactions failed, '
          f'{transactions - cycles:.0f} claims found nothing')
    print(f'{rate * cycles / transactions:.0f} cycles/s')


def parse():
    parser = argparse.ArgumentParser('python -m tests.load.ceiling', description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    for name, default, text in (
            ('duration', 10, 'seconds'), ('clients', 16, 'connections'),
            ('queues', 4, 'queues that they use')):
        parser.add_argument(f'--{name}', type=int, default=default, help=f'{text} (%(default)s)')
    return parser.parse_args()


if __name__ == '__main__':
    sys.exit(main())
