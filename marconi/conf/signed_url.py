"""Pre-signed URLs."""

from oslo_config import cfg

GROUP = 'signed_url'

OPTS = [
    cfg.StrOpt(
        'secret_key', secret=True,
        help='The key that signs URLs: a long random text, the same for all '
             'processes. Without one, POST /v2/queues/{name}/share is refused.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
