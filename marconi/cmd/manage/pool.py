"""marconi-manage pool: the databases that hold messages."""

from marconi import exception
from marconi import storage
from marconi.cmd import common
from marconi.cmd.manage import catalogue
from marconi.cmd.manage import tables
from marconi.storage import placement
from marconi.storage import pools as names

HELP = 'the databases that hold messages'

COLUMNS = ('pool', 'database', 'weight', 'flavor', 'queues', 'state')
#: How many queues are counted at a time.
PAGE = 1000


def add_commands(commands):
    parser = commands.add_parser('check', help=check.__doc__)
    parser.add_argument('--json', action='store_true', help='for programs')
    parser.set_defaults(action=check)
    parser = commands.add_parser('drain', help=drain.__doc__)
    parser.add_argument('pool', help='its name')
    parser.add_argument('--stop', action='store_true',
                        help='let it take queues again; those that have moved stay where they are')
    parser.set_defaults(action=drain)


def check(conf):
    """see whether every database can be used; end with 0 if so"""
    driver = storage.find_driver(conf.database.driver)
    with catalogue.opened(conf) as store:
        rows = [(names.DEFAULT, driver.hide(conf.database.connection), None, None,
                 _queues(store, None), _state(driver, conf.database.connection))]
        for pool in store.pools.list():
            state = _state(driver, pool.uri)
            if pool.draining and state == 'up':
                state = 'up, draining'
            rows.append((pool.name, driver.hide(pool.uri), pool.weight, pool.flavor,
                         _queues(store, pool.name), state))
    tables.show(rows, COLUMNS, conf.command.json, '')
    return int(any(not row[-1].startswith('up') for row in rows))


def drain(conf):
    """move all queues of a pool to other pools, while they are in use"""
    name = conf.command.pool
    with catalogue.opened(conf) as store:
        pool = store.pools.get(name)
        if pool is None:
            raise exception.PoolNotFound(name=name)
        if not conf.command.stop:
            _check_there_is_room(store, pool)
        store.pools.update(name, draining=not conf.command.stop)
        left = _queues(store, name)
    if conf.command.stop:
        print(f'Pool {name} takes queues again.')
        return
    catalogue.hint(conf, 'moves')
    print(f'Pool {name} takes no new queues, and a janitor moves the {left} that live there. '
          'See how far it is with "marconi-manage queue moves".')


def _check_there_is_room(store, pool):
    others = [other for other in store.pools.list() if other.name != pool.name]
    try:
        placement.order(others, pool.flavor)
    except exception.FlavorNotFound:
        common.fail(f'Pool {pool.name} cannot be drained: no other pool of flavor '
                    f'{pool.flavor} takes queues. Add one, or give one a weight.')


def _queues(store, pool):
    """Return how many queues live in a pool."""
    count, after = 0, 0
    while page := store.queues.in_pool(pool, after, PAGE):
        count, after = count + len(page), page[-1].id
    return count


def _state(driver, url):
    try:
        driver.check(url)
    except (ValueError, exception.MarconiError) as error:
        return str(error)
    return 'up'
