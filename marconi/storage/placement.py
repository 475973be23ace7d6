"""In which pool does a new queue live?"""

import random

from marconi import exception


def order(pools, flavor=None):
    """Return names of pools for a new queue, the one to try first in front.

    By chance, in proportion to the weights, from the pools of the flavor; for
    a queue without a flavor, from those without one that are as safe as others,
    since nobody chose otherwise. If there are none, the control database, None,
    takes it.

    The n-th root of a random number sorts by weight: P. Efraimidis and
    P. Spirakis, Weighted random sampling with a reservoir, 2006.

    :param pools: list of ``Pool``.
    :raises FlavorNotFound: no pool of this flavor takes queues.
    """
    taking = [pool for pool in pools
              if pool.flavor == flavor and pool.weight and not pool.draining
              and not (flavor is None and pool.options.get('relaxed_durability'))]
    if not taking and flavor is not None:
        raise exception.FlavorNotFound(name=flavor)
    taking.sort(key=lambda pool: random.random() ** (1 / pool.weight), reverse=True)
    return [pool.name for pool in taking] or [None]
