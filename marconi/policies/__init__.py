"""The policy rules, one module per topic, each with ``list_rules()``."""

import itertools

from marconi.policies import base
from marconi.policies import claims
from marconi.policies import flavors
from marconi.policies import health
from marconi.policies import limits
from marconi.policies import messages
from marconi.policies import pools
from marconi.policies import queues


def list_rules():
    """Every rule of the service, for the enforcer and the sample file."""
    return list(itertools.chain.from_iterable(
        module.list_rules()
        for module in (base, queues, messages, claims, limits, pools, flavors, health)))
