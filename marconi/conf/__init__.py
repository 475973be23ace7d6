"""The options, one module per topic: ``register_opts(conf)`` and ``list_opts()``."""

from oslo_config import cfg
from oslo_log import log

from marconi.conf import api
from marconi.conf import database
from marconi.conf import default
from marconi.conf import janitor
from marconi.conf import metrics
from marconi.conf import quota
from marconi.conf import signed_url
from marconi.conf import transport

MODULES = (default, api, database, janitor, metrics, quota, signed_url, transport)


def new(args=(), files=None, project='marconi'):
    """Return a ``ConfigOpts`` with every option registered and files read.

    :param files: list of paths; None searches the usual places
        (``~/.marconi``, ``/etc/marconi`` …).
    """
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    for module in MODULES:
        module.register_opts(conf)
    conf(list(args), project=project, default_config_files=files)
    return conf
