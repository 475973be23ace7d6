"""Using pre-signed URLs. v2 § 7.3, § 2."""

from tests.api import base
from tests.api import test_share
from tests.api import wire

KEY = test_share.KEY
MESSAGES, CLAIMS = '/v2/queues/alarms/messages', '/v2/queues/alarms/claims'
PAST = '2020-05-01T12:00:00'


class TestSignedUrls(base.ApiTest):

    # SQLite alone: whether a signature is right is no matter of the database.
    scenarios = base.scenarios(wire.V2, databases=False)
    options = {'signed_url.secret_key': KEY}
    policy = {'messages:delete': 'role:admin'}

    def setUp(self):
        super().setUp()
        [self.message_id] = self.api.post('alarms', 'one')

    def headers(self, paths=(MESSAGES,), methods=('GET',), project=wire.PROJECT,
                expires=test_share.LATER, **changes):
        headers = {'URL-Signature': test_share.sign(paths, methods, project, expires),
                   'URL-Paths': ','.join(paths), 'URL-Methods': ','.join(methods),
                   'URL-Expires': expires, 'X-Project-Id': project}
        return {**headers, **{name.replace('_', '-'): value for name, value in changes.items()}}

    def call(self, method='GET', path=MESSAGES, document=wire.NOTHING, headers=None):
        return self.api.whole(method, path, document, headers=headers or self.headers())

    def assertHidden(self, *args, **kwargs):
        self.assertError(404, '404 Not Found', self.call(*args, **kwargs))

    def test_from_sharing_to_using(self):
        shared = self.api.request('POST', '/queues/alarms/share', {
            'paths': ['messages', 'claims'], 'methods': ['GET', 'POST', 'DELETE']}).json
        headers = {'URL-Signature': shared['signature'], 'URL-Expires': shared['expires'],
                   'URL-Methods': ','.join(shared['methods']),
                   'URL-Paths': ','.join(shared['paths']), 'X-Project-Id': shared['project']}
        response = self.call('POST', MESSAGES, {'messages': [{'body': 'two'}]}, headers)
        self.assertStatus(201, response)
        self.assertStatus(200, self.call('GET', MESSAGES + '?echo=true', headers=headers))
        response = self.call('POST', CLAIMS + '?limit=5', headers=headers)
        self.assertStatus(201, response)
        location = response.headers['Location']
        self.assertStatus(200, self.call('GET', location, headers=headers))
        self.assertStatus(204, self.call('DELETE', location, headers=headers))

    def test_below_a_path(self):
        self.assertStatus(200, self.call(path=f'{MESSAGES}/{self.message_id}'))
        self.assertStatus(200, self.call(path=f'{MESSAGES}?echo=true&limit=5'))
        self.assertStatus(200, self.call(path=MESSAGES + '/'))

    def test_other_paths(self):
        headers = self.headers(methods=('GET', 'PUT', 'POST', 'DELETE'))
        for method, path in (('GET', CLAIMS + '/1'), ('GET', '/v2/queues/alarms'), ('GET', '/v2/'),
                             ('PUT', '/v2/queues/alarms'), ('GET', '/v2/queues/alarms/stats'),
                             ('GET', '/v2/queues/alarms2/messages'), ('GET', '/v2/queues'),
                             ('GET', '/v2/limits'),
                             ('GET', '/v2/queues/v2.queues.alarms.messages/messages'),
                             ('POST', '/v2/queues/alarms/share'), ('GET', '/v2/ping')):
            self.assertHidden(method, path, headers=headers)

    def test_a_path_is_no_pattern(self):
        for path in ('/v2/queues/.*/messages', '.*', '/v2/queues/al.rms/messages', '/v2', '/', '',
                     'queues/alarms/messages', '/v2/queues/alarms/mess'):
            self.assertHidden(headers=self.headers([path]))

    def test_one_of_several_paths(self):
        headers = self.headers([CLAIMS, MESSAGES])
        self.assertStatus(200, self.call(headers=headers))
        self.assertStatus(404, self.call(path=CLAIMS + '/' + 'ab' * 16, headers=headers))

    def test_the_order_of_lists_does_not_matter(self):
        headers = self.headers([MESSAGES, CLAIMS], ['POST', 'GET'])
        self.assertStatus(200, self.call(headers=headers))

    def test_other_methods(self):
        self.assertHidden('POST', document={'messages': [{'body': 1}]})
        self.assertHidden('DELETE', f'{MESSAGES}/{self.message_id}')
        self.assertHidden('DELETE', f'{MESSAGES}?pop=1')
        self.assertEqual(['one'], self.api.bodies('alarms'))

    def test_tampering(self):
        good = self.headers()['URL-Signature']
        for changes in ({'URL_Signature': good[:-1] + ('0' if good[-1] != '0' else '1')},
                        {'URL_Signature': ''}, {'URL_Signature': 'x'}, {'URL_Signature': 'ж'},
                        {'URL_Signature': good[:-1]}, {'URL_Signature': good + '0'},
                        {'URL_Methods': 'GET,POST'}, {'URL_Methods': None}, {'URL_Methods': ''},
                        {'URL_Paths': f'{MESSAGES},{CLAIMS}'}, {'URL_Paths': None},
                        {'URL_Paths': ''}, {'URL_Expires': '2032-05-01T12:00:00'},
                        {'URL_Expires': None}, {'URL_Expires': ''}, {'URL_Expires': 'never'},
                        {'X_Project_Id': 'another'}, {'X_Project_Id': None}, {'X_Project_Id': ''}):
            headers = self.headers(**changes)
            # Header values travel as Latin-1.
            headers = {name: value and value.encode().decode('latin-1')
                       for name, value in headers.items()}
            self.assertHidden(headers=headers)

    def test_another_key(self):
        headers = self.headers()
        headers['URL-Signature'] = test_share.sign([MESSAGES], ['GET'], key='wrong horse')
        self.assertHidden(headers=headers)

    def test_a_line_feed_is_not_the_separator(self):
        headers = self.headers()
        text = '\n'.join([MESSAGES, 'GET', wire.PROJECT, test_share.LATER])
        headers['URL-Signature'] = test_share.hmac.new(
            KEY.encode(), text.encode(), test_share.hashlib.sha256).hexdigest()
        self.assertHidden(headers=headers)

    def test_expired(self):
        self.assertHidden(headers=self.headers(expires=PAST))

    def test_without_a_key(self):
        self.api = self.caller(app=self.serve({'signed_url.secret_key': None}))
        self.assertHidden()

    def test_an_empty_key_signs_nothing(self):
        self.api = self.caller(app=self.serve({'signed_url.secret_key': ''}))
        headers = self.headers()
        headers['URL-Signature'] = test_share.sign([MESSAGES], ['GET'], key='')
        self.assertHidden(headers=headers)

    def test_headers_without_a_signature_mean_nothing(self):
        headers = self.headers(URL_Paths='/x', URL_Methods='BREW', URL_Expires=PAST,
                               URL_Signature=None)
        self.assertStatus(200, self.call(headers=headers))

    def test_a_client_id_is_needed(self):
        for headers, title in ((self.headers(Client_ID=None), 'Missing header value'),
                               (self.headers(Client_ID='x'), 'Wrong UUID value')):
            self.assertError(400, title, self.call(headers=headers))

    def test_the_signature_before_other_headers(self):
        self.assertHidden(headers=self.headers(URL_Signature='x', Client_ID=None,
                                               Accept='text/html'))

    def test_the_caller_is_a_plain_user(self):
        headers = self.headers(methods=('DELETE',), X_Roles='admin')
        response = self.call('DELETE', f'{MESSAGES}/{self.message_id}', headers=headers)
        self.assertError(403, 'Not authorized', response)
        admin = self.caller(roles='admin')
        self.assertStatus(204, admin.delete(f'/queues/alarms/messages/{self.message_id}'))

    def test_a_queue_is_made_by_posting(self):
        paths = ['/v2/queues/absent/messages']
        headers = self.headers(paths, ['POST'])
        response = self.call('POST', paths[0], {'messages': [{'body': 'one'}]}, headers)
        self.assertStatus(201, response)
        self.assertEqual(['one'], self.api.bodies('absent'))
