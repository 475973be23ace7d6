"""Who can use a service that asks nobody who they are."""

import ipaddress
import socket

from oslo_log import log

from marconi.cmd import common

LOG = log.getLogger(__name__)


def check(conf):
    """End the program if callers could not be told apart; say in the log if they need not prove it.

    :raises cfg.Error: the options do not tell how to reach Keystone.
    """
    bind = conf['drivers:transport:wsgi'].bind
    if conf.DEFAULT.auth_strategy != 'noauth':
        from marconi.api import identity  # late: it loads much that only Keystone needs
        identity.check(conf)
    elif is_loopback(bind):
        warn(f'Programs on this machine ({bind})')
    elif conf.DEFAULT.noauth_beyond_loopback:
        warn(f'All who reach {bind}')
    else:
        common.fail(f'Without authentication (auth_strategy = noauth) all who reach {bind} could '
                    'use everything. Listen on 127.0.0.1, or confirm it with '
                    'noauth_beyond_loopback = true.')


def warn(who):
    LOG.warning('There is no authentication (auth_strategy = noauth). %s can use every queue of '
                'every project.', who)


def is_loopback(address):
    """Return whether only this machine can reach the address, or all that the name stands for."""
    try:
        found = socket.getaddrinfo(address, None)
    except socket.gaierror:
        return False
    return all(ipaddress.ip_address(where[0].partition('%')[0]).is_loopback
               for *_, where in found)
