"""How many queues and messages a project may have."""

from oslo_config import cfg

GROUP = 'quota'


def _quota(name, help_text):
    return cfg.IntOpt(name, default=-1, min=-1, help=help_text)


OPTS = [
    cfg.StrOpt(
        'driver', default='config', choices=[
            ('config', 'the options of this section: the same for every project'),
            ('keystone', 'unified limits in Keystone, see the section oslo_limit')],
        help='Where the limits of projects come from. With "keystone", a resource that '
             'is not registered there has the limit 0.'),
    _quota('queues',
           'How many queues a project may have; -1 for any number. With the driver '
           '"keystone" this and the next two hold for projects whose limits could '
           'not be had since the process began.'),
    _quota('messages',
           'How many messages a project may have in all its queues, claimed and delayed '
           'ones included; -1 for any number.'),
    _quota('message_bytes',
           'How many bytes the bodies of these messages may have together, as they are '
           'stored; -1 for any number.'),
    cfg.FloatOpt(
        'limits_lifetime', min=0.1, default=60,
        help='For how many seconds limits that came from Keystone are believed. A change '
             'made there takes effect within this time.'),
    cfg.FloatOpt(
        'sync_interval', min=0.05, default=1,
        help='How often, in seconds, a process writes down what it has posted and '
             'deleted, and reads what others have. A project can cross its limit by '
             'what other processes post for it in twice this time.'),
    cfg.FloatOpt(
        'recount_interval', min=1, default=60,
        help='How many seconds after a count the janitor counts the messages of a '
             'project with limits again: expired ones leave the usage only then.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
