"""The janitor, which reclaims space in the background."""

from oslo_config import cfg

GROUP = 'janitor'

OPTS = [
    cfg.FloatOpt(
        'interval', min=0.05, default=1.0, mutable=True,
        help='How many seconds a sweep rests after it found nothing left to do.'),
    cfg.IntOpt(
        'batch', min=1, max=100000, default=1000, mutable=True,
        help='How many rows one transaction of a sweep deals with at most. It deals with '
             'fewer where so many take long.'),
    cfg.FloatOpt(
        'effort', min=0.01, max=1.0, default=0.2, mutable=True,
        help='The part of the time that a sweep works while it has something left to do. With '
             'less, a large backlog takes longer; with more, those who post and claim '
             'meanwhile wait longer. A sweep that is not done after ten minutes doubles it, '
             'and so on every ten minutes.'),
    cfg.IntOpt(
        'lease', min=2, default=30,
        help='How many seconds a sweep belongs to one janitor. After a janitor was '
             'killed, another takes over within this time.'),
    cfg.FloatOpt(
        'report_interval', min=1, default=60, mutable=True,
        help='How often, in seconds, the janitor logs what it did.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
