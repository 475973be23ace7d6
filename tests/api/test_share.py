"""Making pre-signed URLs. v2 § 7.1, § 7.2."""

import datetime
import hashlib
import hmac

from tests.api import base
from tests.api import wire

KEY = 'correct horse'
PATH = '/queues/alarms/share'
LATER = '2031-05-01T12:00:00'


def sign(paths, methods, project=wire.PROJECT, expires=LATER, key=KEY):
    """The signature, as the contract describes it: joined by a backslash and an n."""
    text = r'\n'.join([','.join(sorted(paths)), ','.join(sorted(methods)), project, expires])
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()


class TestShare(base.ApiTest):

    # SQLite alone: signing asks no database.
    scenarios = base.scenarios(wire.V2, databases=False)
    options = {'signed_url.secret_key': KEY}

    def share(self, *document, **kwargs):
        return self.api.request('POST', PATH, *document, **kwargs)

    def done(self, *document):
        response = self.share(*document)
        self.assertStatus(200, response)
        return response.json

    def test_the_example(self):
        self.assertEqual(
            {'paths': ['/v2/queues/alarms/claims', '/v2/queues/alarms/messages'],
             'methods': ['GET', 'POST'], 'project': 'tenant-7', 'expires': '2031-05-01T12:00:00',
             'signature': '53fcaf86194e31c526986c3e89aecaf4f3ccc607361e12c90643ca4ea9efbbab'},
            self.done({'paths': ['messages', 'claims'], 'methods': ['POST', 'GET'],
                       'expires': LATER}))

    def test_defaults(self):
        before = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
        for document in ({}, {'paths': []}):
            answer = self.done(document)
            self.assertEqual((['/v2/queues/alarms/messages'], ['GET']),
                             (answer['paths'], answer['methods']))
            expires = datetime.datetime.strptime(answer['expires'], '%Y-%m-%dT%H:%M:%S')
            day = datetime.timedelta(days=1)
            hour = datetime.timedelta(hours=1)
            self.assertTrue(before + day - hour < expires < before + day + hour, expires)
            self.assertEqual(sign(answer['paths'], ['GET'], expires=answer['expires']),
                             answer['signature'])

    def test_every_kind_of_path(self):
        answer = self.done({'paths': ['subscriptions', 'messages', 'claims'], 'expires': LATER})
        self.assertEqual([f'/v2/queues/alarms/{kind}'
                          for kind in ('claims', 'messages', 'subscriptions')], answer['paths'])
        self.assertEqual(sign(answer['paths'], ['GET']), answer['signature'])

    def test_any_method(self):
        answer = self.done({'methods': ['PUT', 'BREW', 'DELETE'], 'expires': LATER})
        self.assertEqual(['BREW', 'DELETE', 'PUT'], answer['methods'])

    def test_times(self):
        for given, shown in ((LATER, LATER), (LATER + 'Z', LATER), (LATER + '+00:00', LATER),
                             ('2031-05-01T12:00:00.123456', LATER),
                             ('2031-05-01T14:30:00+02:30', LATER),
                             ('2031-05-01T07:00:00-05:00', LATER),
                             ('2031-05-01T23:30:00-01:00', '2031-05-02T00:30:00')):
            answer = self.done({'expires': given})
            self.assertEqual(shown, answer['expires'], given)
            self.assertEqual(sign(answer['paths'], ['GET'], expires=shown), answer['signature'])

    def test_of_the_callers_project(self):
        answer = self.caller(project='another').request('POST', PATH, {'expires': LATER}).json
        self.assertEqual(('another', sign(answer['paths'], ['GET'], 'another')),
                         (answer['project'], answer['signature']))

    def test_the_queue_need_not_exist(self):
        self.done({})
        self.assertEqual([], self.api.get('/queues').json['queues'])

    def test_refused(self):
        for document in ({'paths': ['queues']}, {'paths': ['messages', 'x']}, {'paths': 'messages'},
                         {'paths': {}}, {'paths': [1]}, {'paths': None}, {'paths': [['messages']]},
                         {'paths': ['/v2/queues/alarms/messages']},
                         {'methods': 'GET'}, {'methods': {}}, {'methods': 1}, {'methods': None},
                         {'methods': [1]}, {'methods': [['GET']]},
                         {'expires': 1935489600}, {'expires': 'tomorrow'}, {'expires': ''},
                         {'expires': None}, {'expires': [LATER]},
                         {'expires': '2020-01-01T00:00:00'},
                         {'expires': '2031-13-01T00:00:00'}, {'expires': '2031-02-30T00:00:00'},
                         {'expires': '99999-01-01T00:00:00'}, {'unknown': 1},
                         {'paths': ['messages'], 'project': 'another'}):
            self.assertError(400, 'Invalid API request', self.share(document))

    def test_not_an_object(self):
        for body in (b'', b'{broken', b'[]', b'["messages"]', b'"x"', b'7', b'null'):
            response = self.share(body=body)
            self.assertStatus(400, response)
            self.assertIn(response.json['title'], ('Invalid API request', 'Invalid request body'))

    def test_nothing_that_would_end_a_list_early(self):
        """Lists are joined with commas: nobody may smuggle one in."""
        for methods in (['GET,DELETE'], [r'GET\nother-tenant']):
            response = self.share({'methods': methods, 'expires': LATER})
            self.assertStatus(400, response)

    def test_without_a_key(self):
        caller = self.caller(app=self.serve({'signed_url.secret_key': None}))
        self.assertError(400, 'Invalid API request', caller.request('POST', PATH, {}))
