"""How much a project may have: from the configuration, or as Keystone's unified limits say."""

from marconi import objects

#: What is limited, by the names that operators use in Keystone.
QUEUES = 'queues'
MESSAGES = 'messages'
MESSAGE_BYTES = 'message_bytes'
RESOURCES = (QUEUES, MESSAGES, MESSAGE_BYTES)

UNLIMITED = -1


class Limits(objects.Value, frozen=True, kw_only=True):
    """The limits of one project; negative ones are none."""

    queues: int = UNLIMITED
    messages: int = UNLIMITED
    #: Of bodies, as they are stored.
    message_bytes: int = UNLIMITED

    @property
    def counted(self):
        """Whether the messages of the project must be counted."""
        return self.messages >= 0 or self.message_bytes >= 0


NONE = Limits()


class Fixed:
    """The limits of the configuration: the same for every project."""

    def __init__(self, limits):
        self._limits = limits

    def of(self, project):
        return self._limits

    def close(self):
        pass


def from_conf(conf):
    """Return what tells the ``Limits`` of a project, by ``of(project)``.

    :raises cfg.Error: the options do not tell how to reach Keystone.
    """
    options = conf.quota
    limits = Limits(**{name: options[name] for name in RESOURCES})
    if options.driver == 'config':
        return Fixed(limits)
    from marconi.quota import keystone  # late: it loads what only Keystone needs
    from marconi.quota import memory
    # What is registered is the same for all projects, and asked for less often than theirs.
    shared = options.limits_lifetime / 4
    return memory.Memory(keystone.UnifiedLimits(conf, shared), limits,
                         options.limits_lifetime - shared)
