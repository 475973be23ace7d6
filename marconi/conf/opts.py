"""Entry point of oslo-config-generator."""

from marconi import conf


def set_defaults():
    """Show the options of others with the defaults that they have here."""
    from marconi.conf import keystone  # late: they load much that nobody else needs
    from marconi.conf import rpc
    keystone.set_defaults()
    rpc.set_defaults()


def list_opts():
    """Every option of the service as [(group, [option, …]), …]."""
    return [pair for module in conf.MODULES for pair in module.list_opts()]
