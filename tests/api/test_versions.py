"""The version document, and versions switched off. All contracts § 1.1."""

from tests.api import base
from tests.api import wire


def entry(id, status, updated, media, prefix):
    return {'id': id, 'status': status, 'updated': updated,
            'media-types': [{'base': 'application/json',
                             'type': f'application/vnd.openstack.messaging-{media}+json'}],
            'links': [{'href': f'{prefix}/', 'rel': 'self'}]}


VERSIONS = {'versions': [
    entry('1', 'DEPRECATED', '2014-9-11T17:47:05Z', 'v1', '/v1'),
    entry('1.1', 'DEPRECATED', '2016-7-29T02:22:47Z', 'v1_1', '/v1.1'),
    entry('2', 'CURRENT', '2014-9-24T04:06:47Z', 'v2', '/v2')]}

NO_HEADERS = {'Client-ID': None, 'X-Project-Id': None}


class TestVersions(base.ApiTest):

    def test_anybody_may_read_which_versions_there_are(self):
        response = self.api.whole('GET', '/', headers=NO_HEADERS)
        self.assertStatus(300, response)
        self.assertEqual('application/json', response.content_type)
        self.assertEqual(VERSIONS, response.json)

    def test_links_lead_there_behind_a_proxy_too(self):
        """The proxy serves us below a path of its own, and tells which."""
        response = self.api.whole('GET', '/', headers=NO_HEADERS, mount='/messaging')
        links = [version['links'] for version in response.json['versions']]
        self.assertEqual([[{'href': f'/messaging/{version}/', 'rel': 'self'}]
                          for version in ('v1', 'v1.1', 'v2')], links)

    def test_headers_do_not_matter_here(self):
        response = self.api.whole('GET', '/', headers={'Client-ID': 'x', 'X-Project-Id': ''})
        self.assertStatus(300, response)

    def test_only_reading(self):
        for method in ('POST', 'PUT', 'DELETE', 'PATCH'):
            response = self.api.whole(method, '/')
            self.assertError(405, '405 Method Not Allowed', response)
            self.assertIn('GET', response.headers['Allow'])
        self.assertStatus(405, self.api.whole('HEAD', '/'))

    def test_what_is_no_version(self):
        for path in ('/v3/', '/v3/queues', '/v', '/v2.0/queues', '/v1.2/', '/v1_1/queues',
                     '/queues', '/favicon.ico', '//', '/v2//queues', '/V2/queues'):
            self.assertError(404, '404 Not Found', self.api.whole('GET', path))


class TestVersionsOff(base.ApiTest):
    """Which old versions are served is the operator's choice; the document does not change."""

    scenarios = [('none', {'on': [], 'served': ['v2']}),
                 ('v1', {'on': ['1'], 'served': ['v1', 'v2']}),
                 ('v1.1', {'on': ['1.1'], 'served': ['v1.1', 'v2']}),
                 ('both', {'on': ['1', '1.1'], 'served': ['v1', 'v1.1', 'v2']})]

    def setUp(self):
        self.options = {'DEFAULT.enable_deprecated_api_versions': self.on}
        super().setUp()

    def test_served(self):
        for version in wire.ALL:
            caller = self.caller(version=version)
            for method, path in (('GET', '/'), ('PUT', '/queues/alarms'),
                                 ('GET', '/queues/alarms/messages'), ('DELETE', '/queues/alarms')):
                response = caller.request(method, path)
                if version.name in self.served:
                    self.assertIn(response.status_int, (200, 201, 204), response.text)
                else:
                    self.assertError(404, '404 Not Found', response)

    def test_an_unserved_version_is_unknown_before_anything_else_is_looked_at(self):
        for version in wire.ALL:
            if version.name not in self.served:
                caller = self.caller(version=version)
                response = caller.get('/queues/a b', headers={'Accept': 'text/html', **NO_HEADERS})
                self.assertError(404, '404 Not Found', response)

    def test_the_document_lists_them_all(self):
        self.assertEqual(VERSIONS, self.api.whole('GET', '/').json)
