"""python -m marconi.cmd.standalone: the whole service, for one machine and without a cloud.

API workers and one janitor under one supervisor, without authentication unless the
user's file says otherwise, with SQLite under ./var unless another database is named.
"""

import argparse
import socket
import sys

from marconi import conf as conf_module
from marconi import exception
from marconi.cmd import common
from marconi.cmd import exposure
from marconi.cmd import home
from marconi.cmd import janitor
from marconi.cmd import metering
from marconi.cmd import server
from marconi.cmd import supervisor
from marconi.conf import reloading
from marconi import rpc

#: Seconds for everything to stop: somewhat less than we promise.
PATIENCE = 4.5

WELCOME = """\
Marconi listens on {url} (database {database}).
"""
NOAUTH = """\
Anybody who can reach that address can use it: there is no authentication.
Press Ctrl-C to stop. Three lines to try:

  curl -i -X PUT {url}/v2/queues/hello {headers}
  curl -i {url}/v2/queues/hello/messages {headers} -d '{post}'
  curl -i {url}/v2/queues/hello/claims {headers} -d '{claim}'
"""
HEADERS = ("-H 'X-Project-Id: demo' -H 'Client-ID: 11111111-2222-3333-4444-555555555555' "
           "-H 'Content-Type: application/json'")
POST = '{"messages": [{"body": "Hello, world", "ttl": 300}]}'
CLAIM = '{"ttl": 60, "grace": 60}'


def main(args=None):
    """Run everything until Ctrl-C; return the exit code."""
    return common.run(lambda: run(_parser().parse_args(args)))


def run(options):
    """Prepare the directory and the database, then start the processes."""
    conf = _configure(options)
    server.check_port(conf)
    _migrate(conf)
    exposure.check(conf)
    metering.prepare(conf.metrics.port, conf.metrics.janitor_port)
    rpc.check(conf)
    common.check_quota(conf)
    boss = supervisor.Supervisor({'API server': lambda: server.serve(conf),
                                  'janitor': lambda: janitor.run(conf)}, PATIENCE,
                                 lambda: reloading.reload(conf))
    boss.start()
    try:
        _announce(boss, conf)
        while boss.watch():
            pass
    finally:
        boss.stop()
    print('Marconi has stopped.')
    return 0


def _parser():
    parser = argparse.ArgumentParser(
        prog='python -m marconi.cmd.standalone', description='Run Marconi on this machine.')
    parser.add_argument('--port', type=port, default=8888,
                        help='where to listen (8888)')
    parser.add_argument('--database', metavar='URL',
                        help='an SQLAlchemy URL; by default SQLite in ./var')
    parser.add_argument('--config', metavar='FILE',
                        help='an oslo.config file with more options')
    return parser


def port(text):
    port = int(text)
    if not 0 < port < 65536:
        raise ValueError(text)
    return port


def _configure(options):
    """Return the configuration: our defaults, the user's file, the command line."""
    files = [home.prepare()] + ([options.config] if options.config else [])
    conf = conf_module.new((), files)
    conf.set_default('use_stderr', True)
    conf.set_default('auth_strategy', 'noauth', 'DEFAULT')
    conf.set_default('connection', home.database(), 'database')
    conf.set_override('port', options.port, 'drivers:transport:wsgi')
    if options.database:
        # A dollar sign would be taken for a reference to another option.
        conf.set_override('connection', options.database.replace('$', '$$'), 'database')
    common.start(conf)
    return conf


def _migrate(conf):
    from marconi.storage.sqlalchemy import migration
    url = conf.database.connection
    try:
        migration.upgrade(url)
    except exception.StorageUnavailable as error:
        common.fail(f'{common.describe(url)}: {error} Start it, or name another database.')
    except (exception.SchemaMismatch, ValueError, ImportError) as error:
        # The last two: there is no such kind of database, or no driver for it.
        common.fail(f'{common.describe(url)}: {error}')


def _announce(boss, conf):
    """Wait until somebody listens, then say so."""
    options = conf['drivers:transport:wsgi']
    while not _listening(options.bind, options.port):
        if not boss.watch(0.05):
            return
    host = f'[{options.bind}]' if ':' in options.bind else options.bind
    text = WELCOME + (NOAUTH if conf.DEFAULT.auth_strategy == 'noauth' else '')
    print(text.format(
        url=f'http://{host}:{options.port}', headers=HEADERS, post=POST, claim=CLAIM,
        database=common.describe(conf.database.connection)), flush=True)


def _listening(address, port):
    try:
        socket.create_connection((address, port), 1).close()
    except OSError:
        return False
    return True


if __name__ == '__main__':
    sys.exit(main())
