"""What a request may ask for, checked in one way for all doors."""

from marconi import exception
from marconi import objects

#: The shortest life of a message or a claim, in seconds: constants of the API.
MIN_MESSAGE_TTL = 60
MIN_CLAIM_TTL = 60
MIN_CLAIM_GRACE = 60
#: What a page holds unless the caller says otherwise.
DEFAULT_PAGE = 10
#: In place of a claim's grace: messages need not outlive the claim. (v1)
NO_GRACE = object()


def check(name, value, least, most):
    """Return ``value`` if least <= value <= most.

    :raises InvalidValue: it is not; says which field, rule and limits.
    """
    if not least <= value <= most:
        raise exception.InvalidValue(
            f'{name} must be between {least} and {most}, and is {value}.')
    return value


class Limits(objects.Value, frozen=True, kw_only=True):
    """The options of group ``transport``, read once.

    Reading an oslo.config option costs microseconds, and a request needs many.
    """

    max_queues_per_page: int
    max_messages_per_page: int
    max_pools_per_page: int
    max_flavors_per_page: int
    max_messages_per_claim_or_pop: int
    max_queue_metadata: int
    max_messages_post_size: int
    max_message_ttl: int
    default_message_ttl: int
    max_message_delay: int
    default_message_delay: int
    max_claim_ttl: int
    default_claim_ttl: int
    max_claim_grace: int
    default_claim_grace: int
    max_wait: int
    message_delete_with_claim_id: bool

    @classmethod
    def from_conf(cls, conf):
        return cls(**{name: conf.transport[name] for name in cls.__struct_fields__})

    def message_ttl(self, value, name='ttl'):
        return check(name, value, MIN_MESSAGE_TTL, self.max_message_ttl)

    def message_delay(self, value, name='delay'):
        return check(name, value, 0, self.max_message_delay)

    def claim_ttl(self, value):
        """Return a claim's ttl; None stands for the default."""
        if value is None:
            return self.default_claim_ttl
        return check('ttl', value, MIN_CLAIM_TTL, self.max_claim_ttl)

    def claim_grace(self, value):
        """Return a claim's grace; None stands for the default."""
        if value is None:
            return self.default_claim_grace
        if value is NO_GRACE:
            return 0
        return check('grace', value, MIN_CLAIM_GRACE, self.max_claim_grace)

    def queues_page(self, value):
        """Return a page length; None stands for the default."""
        return self._page('limit', value, self.max_queues_per_page)

    def messages_page(self, value):
        return self._page('limit', value, self.max_messages_per_page)

    def pools_page(self, value):
        return self._page('limit', value, self.max_pools_per_page)

    def flavors_page(self, value):
        return self._page('limit', value, self.max_flavors_per_page)

    def claim_size(self, value):
        return self._page('limit', value, self.max_messages_per_claim_or_pop)

    def pop_size(self, value):
        return check('pop', value, 1, self.max_messages_per_claim_or_pop)

    def ids(self, ids, name='ids'):
        check(f'the number of {name}', len(ids), 1, self.max_messages_per_page)
        return ids

    def wait(self, value):
        return check('wait', value, 0, self.max_wait)

    @staticmethod
    def _page(name, value, most):
        if value is None:
            return min(DEFAULT_PAGE, most)
        return check(name, value, 1, most)
