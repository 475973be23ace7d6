"""The home documents, every relation exactly. v1 § 1.2, v1.1 § 1.2, v2 § 1.2."""

from tests.api import base
from tests.api import wire

Q = '/queues/{queue_name}'
MESSAGES = Q + '/messages{?marker,limit,echo,include_claimed}'
POST = ['POST']


def relation(template, allow, **variables):
    allow = allow.split()
    hints = {'allow': allow, 'formats': {'application/json': {}}}
    if allow in (['POST'], ['PATCH']):
        hints['accept-post'] = ['application/json']
    return {'href-template': template,
            'href-vars': {name: f'param/{value}' for name, value in variables.items()},
            'hints': hints}


QUEUE = {'queue_name': 'queue_name'}
QUEUES = relation('/queues{?marker,limit,detailed}', 'GET',
                  marker='marker', limit='queue_limit', detailed='detailed')
LIST = relation(MESSAGES, 'GET', **QUEUE, marker='marker', limit='messages_limit', echo='echo',
                include_claimed='include_claimed')

V1 = {
    'rel/queues': QUEUES,
    'rel/queue': relation(Q, 'GET HEAD PUT DELETE', **QUEUE),
    'rel/queue-metadata': relation(Q + '/metadata', 'GET PUT', **QUEUE),
    'rel/queue-stats': relation(Q + '/stats', 'GET', **QUEUE),
    'rel/messages': LIST,
    'rel/post-messages': relation(Q + '/messages', 'POST', **QUEUE),
    'rel/claim': relation(Q + '/claims{?limit}', 'POST', **QUEUE, limit='claim_limit'),
}

V1_1 = {
    'rel/queues': QUEUES,
    'rel/queue': relation(Q, 'PUT DELETE', **QUEUE),
    'rel/queue_stats': relation(Q + '/stats', 'GET', **QUEUE),
    'rel/messages': LIST,
    'rel/post_messages': relation(Q + '/messages', 'POST', **QUEUE),
    'rel/messages_delete': relation(Q + '/messages{?ids,pop}', 'DELETE', **QUEUE,
                                    ids='ids', pop='pop'),
    # The reference calls the variable "claim", which is not the parameter's name.
    'rel/message_delete': relation(Q + '/messages/{message_id}{?claim_id}', 'DELETE', **QUEUE,
                                   message_id='message_id', claim_id='claim_id'),
    'rel/claim': relation(Q + '/claims/{claim_id}', 'GET', **QUEUE, claim_id='claim_id'),
    'rel/post_claim': relation(Q + '/claims{?limit}', 'POST', **QUEUE, limit='claim_limit'),
    'rel/patch_claim': relation(Q + '/claims/{claim_id}', 'PATCH', **QUEUE, claim_id='claim_id'),
    'rel/delete_claim': relation(Q + '/claims/{claim_id}', 'DELETE', **QUEUE,
                                 claim_id='claim_id'),
}

V2 = {
    **V1_1,
    'rel/queue': relation(Q, 'GET PUT DELETE PATCH', **QUEUE),
    'rel/queue_share': relation(Q + '/share', 'POST', **QUEUE),
    'rel/queue_purge': relation(Q + '/purge', 'POST', **QUEUE),
    'rel/limits': relation('/limits{?project_id}', 'GET', project_id='project_id'),
    'rel/message_get': relation(Q + '/messages/{message_id}', 'GET', **QUEUE,
                                message_id='message_id'),
}

RELATIONS = {'v1': V1, 'v1.1': V1_1, 'v2': V2}

FOUR = 'GET PUT PATCH DELETE'
PAGE = {'detailed': 'detailed', 'marker': 'marker'}
ADMIN = {
    'rel/pools': relation('/pools{?detailed,limit,marker}', 'GET', **PAGE, limit='pool_limit'),
    'rel/pool': relation('/pools/{pool_name}', FOUR, pool_name='pool_name'),
    'rel/flavors': relation('/flavors{?detailed,limit,marker}', 'GET', **PAGE,
                            limit='flavor_limit'),
    'rel/flavor': relation('/flavors/{flavor_name}', FOUR, flavor_name='flavor_name'),
}


class TestHome(base.ApiTest):

    # SQLite alone: the document does not come from the database.
    scenarios = base.scenarios(*wire.ALL, databases=False)

    def home(self, caller=None):
        response = (caller or self.api).get('/')
        self.assertStatus(200, response)
        self.assertEqual('application/json-home', response.content_type)
        self.assertEqual('max-age=86400', response.headers['Cache-Control'])
        self.assertEqual({'resources'}, set(response.json))
        return response.json['resources']

    def sorted(self, resources):
        """The order of allowed methods means nothing."""
        for resource in resources.values():
            resource['hints']['allow'] = sorted(resource['hints']['allow'])
        return resources

    def expected(self, relations=None):
        prefix = self.version.prefix
        return self.sorted({
            name: {**value, 'href-template': prefix + value['href-template'],
                   'hints': dict(value['hints'])}
            for name, value in (relations or RELATIONS[self.version.name]).items()})

    def test_every_relation(self):
        home = self.home()
        ping = home.pop('rel/ping', None)
        self.assertEqual(self.expected(), self.sorted(home))
        if self.version is wire.V1:
            self.assertIsNone(ping)
        else:
            self.assertEqual(self.version.prefix + '/ping', ping['href'])
            self.assertEqual(['GET'], ping['hints']['allow'])
            self.assertEqual({'application/json': {}}, ping['hints']['formats'])
            self.assertNotIn('href-template', ping)
            self.assertNotIn('href-vars', ping)

    def test_the_same_for_all(self):
        self.api.create('alarms')
        self.assertEqual(self.home(), self.home(self.caller(project='another')))

    def test_what_only_admins_need(self):
        app = self.serve({'DEFAULT.admin_mode': True})
        home = self.home(self.caller(app=app))
        health = home.pop('rel/health', None)
        pools = self.sorted({name: home.pop(name) for name in ADMIN if name in home})
        self.assertEqual(self.home(), home)
        if self.version is wire.V1:  # its pools and its health are not advertised
            self.assertEqual((None, {}), (health, pools))
        else:
            self.assertEqual(self.version.prefix + '/health', health['href'])
            self.assertEqual(['GET'], health['hints']['allow'])
            self.assertEqual(self.expected(ADMIN), pools)
