"""What a request may ask for: sizes, lifetimes, page lengths."""

from oslo_config import cfg

GROUP = 'transport'


def _limit(name, default, help_text, least=1, mutable=True):
    return cfg.IntOpt(name, default=default, min=least, mutable=mutable, help=help_text)


OPTS = [
    _limit('max_queues_per_page', 20, 'The most queues that one page may list.'),
    _limit('max_messages_per_page', 20,
           'The most messages that one page may list, and the most ids that one '
           'request may name.'),
    _limit('max_pools_per_page', 20, 'The most pools that one page may list.'),
    _limit('max_flavors_per_page', 20, 'The most flavors that one page may list.'),
    _limit('max_messages_per_claim_or_pop', 20,
           'The most messages that one claim or one pop may take.'),
    _limit('max_queue_metadata', 65536,
           'The largest metadata of a queue, in bytes of the request.'),
    _limit('max_messages_post_size', 262144,
           'The largest post, in bytes of the request.'),
    _limit('max_message_ttl', 1209600, 'The longest life of a message, in seconds.', 60),
    _limit('default_message_ttl', 3600,
           'The life of a message posted without a ttl, in seconds.', 60),
    _limit('max_message_delay', 900, 'The longest delay of a message, in seconds.', 0),
    _limit('default_message_delay', 0,
           'The delay of a message posted without one, in seconds.', 0),
    _limit('max_claim_ttl', 43200, 'The longest life of a claim, in seconds.', 60),
    _limit('default_claim_ttl', 300,
           'The life of a claim made without a ttl, in seconds.', 60),
    _limit('max_claim_grace', 43200, 'The longest grace of a claim, in seconds.', 60),
    _limit('default_claim_grace', 60,
           'The grace of a claim made without one, in seconds.', 60),
    _limit('max_wait', 20,
           'For how many seconds a request may wait for a message to come.', 0),
    _limit('max_waiting', 500,
           'How many requests may wait for a message at a time, in one process; '
           'further ones are answered at once. Fewer than the threads of the process, '
           'since each waiting request has one.', 0),
    cfg.BoolOpt(
        'message_delete_with_claim_id', default=False, mutable=True,
        help='Deleting several messages by id needs the ids of their claims too.'),
    cfg.StrOpt(
        'client_id_uuid_safe', default='strict', choices=[
            ('strict', 'a Client-ID must be a UUID'),
            ('off', 'a Client-ID may be any text of fitting length')],
        help='What a Client-ID header must look like.'),
    _limit('min_length_client_id', 10,
           'The shortest Client-ID, if it need not be a UUID.', mutable=False),
    cfg.IntOpt(
        'max_length_client_id', default=36, min=1, max=36,
        help='The longest Client-ID, if it need not be a UUID.'),
    cfg.MultiStrOpt(
        'message_encryption_key', default=[], secret=True,
        help='Keys for queues with _enable_encrypt_messages: long random texts, the '
             'same for all processes. The first one encrypts, all of them decrypt: to '
             'change the key, put a new one in front and drop the old one when the '
             'last message written with it has expired. Without a key such queues '
             'are refused.'),
]


def register_opts(conf):
    conf.register_opts(OPTS, group=GROUP)


def list_opts():
    return [(GROUP, OPTS)]
