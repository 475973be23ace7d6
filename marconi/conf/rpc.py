"""The message bus: whether there is one, and the defaults that oslo.messaging's options have here.

The options are registered by who uses them: without a bus nobody needs to load the library.
"""

from oslo_config import cfg

#: Where notifications are published; OpenStack's services have one exchange each.
EXCHANGE = 'marconi'


def transport_url(conf):
    """Return ``[DEFAULT] transport_url``, or None if the operator did not set it.

    oslo.messaging has a default for it, a RabbitMQ on this machine. So the files are
    asked, before the library has registered its option.
    """
    asked = cfg.ConfigOpts()
    asked.register_opt(cfg.StrOpt('transport_url'))
    asked([], default_config_files=conf.config_file, default_config_dirs=conf.config_dir)
    return asked.transport_url or None


def set_defaults():
    """Change the defaults, for this process; also what oslo-config-generator calls."""
    import oslo_messaging
    oslo_messaging.set_transport_defaults(control_exchange=EXCHANGE)
    # Private, but there is no other way to say in the sample that there is no default.
    cfg.set_defaults(oslo_messaging.transport._transport_opts, transport_url=None)
