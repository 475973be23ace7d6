"""What every command does first and last: configuration, log, errors."""

import signal
import sys
from urllib import parse

from oslo_config import cfg
from oslo_log import log

from marconi import conf as conf_module
from marconi.conf import reloading
from marconi import exception
from marconi import quota

LOG = log.getLogger(__name__)

#: Other people's loggers, and the least that we want to hear of them.
LEVELS = ['alembic=WARN', 'granian=WARN', '_granian=WARN', 'cotyledon=WARN', 'pecan=WARN',
          'sqlalchemy=WARN', 'oslo_policy=WARN', 'oslo.messaging=INFO', 'oslo_service=WARN',
          'stevedore=WARN', 'urllib3=WARN', 'keystonemiddleware=WARN', 'amqp=WARN']


def configure(args=None, files=None, cli_opts=()):
    """Return the configuration and start logging as it says.

    :param args: the command line without the program; None for sys.argv.
    :param files: see ``marconi.conf.new``.
    :param cli_opts: more options, for the command line.
    """
    args = sys.argv[1:] if args is None else args
    if cli_opts:
        conf = without_arguments()
        conf.register_cli_opts(cli_opts)
        conf(args, project='marconi', prog=program(), default_config_files=files)
    else:
        conf = conf_module.new(args, files)
    start(conf)
    return conf


def without_arguments():
    """Return a configuration that knows all options and has not read any yet."""
    conf = conf_module.new((), ())
    conf.reset()
    return conf


def start(conf):
    """Look at every option, so that a bad one is found now; then start logging.

    :raises cfg.Error: an option has a value that it cannot have.
    """
    reloading.check(conf)
    log.set_defaults(default_log_levels=LEVELS)
    log.setup(conf, 'marconi')


def describe(url):
    """Return which database ``url`` means, without its user and password."""
    parts = parse.urlsplit(url)
    place = parts.netloc.rpartition('@')[2]
    kind = parts.scheme.partition('+')[0]
    return f'{kind}://{place}{parts.path}'


def check_database(conf):
    """End the program if the database was never set up.

    Older and newer schemas pass: neighbouring releases work with each other's.
    A database that does not answer passes too; it may come back.
    """
    from marconi.storage.sqlalchemy import migration
    url = conf.database.connection
    try:
        if migration.current(url) is None:
            fail(f'The database {describe(url)} was never set up: run "marconi-manage db sync".')
    except exception.StorageUnavailable as error:
        LOG.warning('%s: %s', describe(url), error)


def check_quota(conf):
    """Return if the options tell where limits of projects come from.

    :raises cfg.Error: they do not.
    """
    quota.from_conf(conf).close()


def fail(message):
    """End the program with one line on stderr and exit code 1."""
    print(f'{program()}: {message}', file=sys.stderr)
    sys.exit(1)


def program():
    """Return the name of the command, as in ``marconi-server``."""
    main = sys.modules['__main__'].__spec__
    return main.name.removesuffix('.__main__').replace('marconi.cmd.', 'marconi-') if main else (
        sys.argv[0].rpartition('/')[2])


def run(main):
    """Return what ``main()`` returns; say in one line what it could not help."""
    try:
        return main()
    except (exception.MarconiError, cfg.Error) as error:
        fail(error)
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
