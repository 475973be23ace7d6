"""Entry point of oslo-config-generator."""

from marconi import conf


def list_opts():
    """Every option of the service as [(group, [option, …]), …]."""
    return [pair for module in conf.MODULES for pair in module.list_opts()]
