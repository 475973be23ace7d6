"""What every command does first and last: configuration, log, errors."""

import signal
import sys
from urllib import parse

from oslo_log import log

from marconi import conf as conf_module
from marconi import exception

#: Other people's loggers, and the least that we want to hear of them.
LEVELS = ['alembic=WARN', 'granian=WARN', '_granian=WARN', 'cotyledon=WARN', 'pecan=WARN',
          'sqlalchemy=WARN', 'oslo_policy=WARN', 'oslo_messaging=INFO', 'stevedore=WARN',
          'urllib3=WARN', 'keystonemiddleware=WARN', 'amqp=WARN']


def configure(args=None, files=None):
    """Return the configuration and start logging as it says.

    :param args: the command line without the program; None for sys.argv.
    :param files: see ``marconi.conf.new``.
    """
    conf = conf_module.new(sys.argv[1:] if args is None else args, files)
    start_log(conf)
    return conf


def start_log(conf):
    """Log as ``conf`` says."""
    log.set_defaults(default_log_levels=LEVELS)
    log.setup(conf, 'marconi')


def describe(url):
    """Return which database ``url`` means, without its user and password."""
    parts = parse.urlsplit(url)
    place = parts.netloc.rpartition('@')[2]
    kind = parts.scheme.partition('+')[0]
    return f'{kind}://{place}{parts.path}'


def fail(message):
    """End the program with one line on stderr and exit code 1."""
    print(f'{program()}: {message}', file=sys.stderr)
    sys.exit(1)


def program():
    """Return the name of the command, as in ``marconi-server``."""
    main = sys.modules['__main__'].__spec__
    return main.name.replace('marconi.cmd.', 'marconi-') if main else (
        sys.argv[0].rpartition('/')[2])


def run(main):
    """Return what ``main()`` returns; say in one line what it could not help."""
    try:
        return main()
    except exception.MarconiError as error:
        fail(error)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
