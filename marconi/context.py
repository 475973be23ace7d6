"""Who is asking: the identity and the trace of one request."""

from oslo_context import context

from marconi import randomness


class RequestContext(context.RequestContext):
    """The caller of one operation.

    Adds to oslo.context's fields (``project_id``, ``user_id``, ``roles``,
    ``request_id`` …) what a queue service must know besides.
    """

    def __init__(self, client_id=None, **kwargs):
        kwargs.setdefault('request_id', _new_request_id())
        super().__init__(**kwargs)
        #: Tells the posts of one client from those of another (``echo``).
        self.client_id = client_id
        #: Whether policy was asked; every request must end with True.
        self.policy_asked = False
        #: Whether a pre-signed URL, and not a role, gives the right to ask.
        self.presigned = False
        #: For the metrics: the version of the API, the policy rule, and for how many
        #: seconds the request waited for messages.
        self.version = self.operation = '-'
        self.waited = 0.0
        #: Whether the quotas of the project bound what is done, and it counts.
        self.quotas_apply = True

    @property
    def project(self):
        """The project whose queues are meant; '' is v1's nameless one."""
        return self.project_id or ''

    def to_policy_values(self):
        """Return what rules of policy can ask for."""
        values = super().to_policy_values()
        values['presigned'] = self.presigned
        return values


def _new_request_id():
    # A UUID in form; the module of this name takes five times as long to make one.
    text = randomness.new_id()
    return f'req-{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}'
