"""A group of deletions, in any queues, in one statement, where the database can."""

import sqlalchemy as sa

from marconi.storage.sqlalchemy import arrays
from marconi.storage.sqlalchemy import engine
from marconi.storage.sqlalchemy import paths
from marconi.storage.sqlalchemy import streams
from marconi.storage.sqlalchemy import tables
from marconi.storage.sqlalchemy import together

_BIG = sa.BigInteger()
#: What the statement is told of each message: whose deletion it belongs to; and which
#: claim has to hold it: '' stands for none, and NULL for any or none.
_ASKED = {'queue': _BIG, 'seq': _BIG, 'who': _BIG, 'generation': _BIG, 'claim': sa.Text()}
#: How many messages are so many that no others are deleted with them.
MOST_GROUPED = 1000


class Deleting(together.Operation):
    """Deletions of messages by their positions."""

    turn = 2

    def build(self):
        return _statement(self.database)

    def delete(self, queue, seqs, claim):
        """Return how many messages were deleted. Why not the others is for others to find out.

        :param claim: the claim that has to hold the messages; '' if none may hold them; None
            if it does not matter.
        """
        return self.database.together.submit(
            self, (queue, seqs, claim), len(seqs) / MOST_GROUPED)

    def values(self, wants):
        # In one order for all groups, so that no two wait for each other.
        asked = sorted((queue.id, seq, who, queue.generation, claim)
                       for who, (queue, seqs, claim) in enumerate(wants) for seq in seqs)
        return arrays.columns(_ASKED, asked) | {'now': self.database.now()}

    def results(self, wants, found):
        gone = [0] * len(wants)
        for who, in found:
            gone[who] += 1
        return gone


def _statement(database):
    """Return the statement; it yields (who,) for each message that is gone."""
    of, asked = tables.messages.c, arrays.unnested(_ASKED)
    spot = database.paths.exactly(
        sa.select(paths.ROW.label('spot')), asked.c.queue, asked.c.seq,
    ).where(streams.alive(asked.c.queue, asked.c.generation).correlate(asked),
            ).correlate(asked).lateral('spot')
    there = sa.select(asked.c.who, asked.c.claim, spot).select_from(
        asked.join(spot, sa.true())).subquery('there')
    held = sa.and_(of.claim_id.is_not(None), of.available_at > engine.NOW)
    # What holds a message now is looked at once it is ours.
    return sa.delete(tables.messages).where(
        paths.ROW == there.c.spot,
        sa.or_(there.c.claim.is_(None),
               sa.and_(there.c.claim == '', sa.not_(held)),
               sa.and_(there.c.claim == of.claim_id, held, of.expires_at + 0 > engine.NOW)),
    ).returning(there.c.who)
