#!/usr/bin/env python3
"""Take the samples of the API reference from a running service.

    python api-ref/take_samples.py http://127.0.0.1:8888 URI URI

The service must be without queues of the project "demo" and without pools, have
a key for signed URLs, and run with admin_mode = true. The URIs are those of two
databases that are set up to be pools; the samples show others.
"""

import json
import pathlib
import sys
from urllib import request

SAMPLES = pathlib.Path(__file__).parent / 'source' / 'samples'
HEADERS = {'X-Project-Id': 'demo', 'X-Roles': 'admin', 'Content-Type': 'application/json',
           'Client-ID': '0f7cb16e-8d42-4c9e-a37b-52b0d8bc3f11'}
OTHER = '5d1b7a52-2b0e-4c55-8b1c-08f2ae3c1d77'

CREATE = {'team': 'ops', '_default_message_ttl': 86400, '_max_claim_count': 3,
          '_dead_letter_queue': 'builds-failed'}
PATCH = [{'op': 'replace', 'path': '/metadata/team', 'value': 'qa'},
         {'op': 'add', 'path': '/metadata/_default_message_delay', 'value': 5},
         {'op': 'remove', 'path': '/metadata/_max_claim_count'}]
POST = {'messages': [{'ttl': 300, 'delay': 0, 'body': {'branch': 'main', 'commit': '49fb8be'}},
                     {'body': {'branch': 'stable', 'commit': '8ced2b3'}}]}
CLAIM = {'ttl': 300, 'grace': 60}
RENEW = {'ttl': 600, 'grace': 60}
PURGE = {'resource_types': ['messages']}
POOL = {'weight': 100, 'flavor': 'durable', 'options': {'max_pool_size': 20}}
FLAVOR = {'pool_list': ['east', 'west']}
SHARE = {'paths': ['messages', 'claims'], 'methods': ['GET', 'POST', 'DELETE'],
         'expires': '2031-05-01T12:00:00'}


class Taker:

    def __init__(self, url, uris=()):
        """
        :param uris: {what a pool's uri is shown as: what a sample is to show}.
        """
        self._url = url
        self.uris = dict(uris)

    def __call__(self, method, path, body=None, ask=None, answer=None, **headers):
        """Do one request; return headers and document of the answer.

        :param ask: name under which the body of the request is kept.
        :param answer: the same for the body of the answer.
        """
        headers = HEADERS | {name.replace('_', '-'): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        if ask:
            keep(ask, json.loads(self._disguised(data)))
        asked = request.Request(self._url + path, data, headers, method=method)
        try:
            answered = request.urlopen(asked)
        except request.HTTPError as error:  # 300, and refusals
            answered = error
        text = answered.read()
        document = json.loads(text) if text else None
        if answer:
            keep(answer, json.loads(self._disguised(text)))
        return answered.headers, document

    def _disguised(self, text):
        text = text.decode()
        for uri, other in self.uris.items():
            text = text.replace(uri, other)
        return text


def keep(name, document):
    SAMPLES.mkdir(exist_ok=True)
    (SAMPLES / f'{name}.json').write_text(json.dumps(document, indent=4) + '\n')


def take_queues(call):
    queue = '/v2/queues/builds'
    call('PUT', queue, CREATE, ask='queue-create-request')
    call('PUT', '/v2/queues/alarms', {'team': 'ops'})
    call('GET', queue, answer='queue-show-response')
    call('GET', '/v2/queues?limit=2&with_count=true', answer='queue-list-response')
    call('GET', '/v2/queues?detailed=true&team=ops&name=bui',
         answer='queue-list-detailed-response')
    call('PATCH', queue, PATCH, ask='queue-update-request', answer='queue-update-response',
         Content_Type='application/openstack-messaging-v2.0-json-patch')
    call('PATCH', queue,
         [{'op': 'replace', 'path': '/metadata/_default_message_delay', 'value': 0}],
         Content_Type='application/openstack-messaging-v2.0-json-patch')
    call('POST', f'{queue}/share', SHARE, ask='queue-share-request', answer='queue-share-response')


def take_messages(call):
    messages = '/v2/queues/builds/messages'
    _, posted = call('POST', messages, POST, ask='message-post-request',
                     answer='message-post-response')
    call('GET', f'{messages}?limit=2', answer='message-list-response', Client_ID=OTHER)
    ids = ','.join(href.rpartition('/')[2] for href in posted['resources'])
    call('GET', f'{messages}?ids={ids}', answer='message-list-ids-response')
    call('GET', posted['resources'][0], answer='message-show-response')
    call('GET', '/v2/queues/builds/stats', answer='queue-stats-response')


def take_claims(call):
    claims = '/v2/queues/builds/claims'
    headers, claim = call('POST', f'{claims}?limit=1', CLAIM, ask='claim-create-request',
                          answer='claim-create-response')
    call('GET', headers['Location'], answer='claim-show-response')
    call('PATCH', headers['Location'], RENEW, ask='claim-renew-request')
    call('DELETE', claim['messages'][0]['href'].partition('?')[0], answer='error-403-response')
    call('DELETE', headers['Location'])
    call('DELETE', '/v2/queues/builds/messages?pop=1', answer='message-pop-response')
    call('POST', '/v2/queues/builds/purge', PURGE, ask='queue-purge-request')


def take_pools(call):
    for name, uri in zip(('east', 'west'), list(call.uris), strict=True):
        ask = {'ask': 'pool-create-request'} if name == 'east' else {}
        call('PUT', f'/v2/pools/{name}', {'uri': uri, **POOL}, **ask)
        # From now on with *** in it, which is shown as it is.
        _, shown = call('GET', f'/v2/pools/{name}')
        call.uris[shown['uri']] = call.uris[uri].replace('PASSWORD', '***')
    call('GET', '/v2/pools?limit=2', answer='pool-list-response')
    call('GET', '/v2/pools/east?detailed=true', answer='pool-show-response')
    call('PATCH', '/v2/pools/west', {'weight': 50}, ask='pool-update-request',
         answer='pool-update-response')
    call('PUT', '/v2/flavors/durable', FLAVOR, ask='flavor-create-request')
    call('GET', '/v2/flavors?limit=1', answer='flavor-list-response')
    call('GET', '/v2/flavors/durable', answer='flavor-show-response')
    call('PATCH', '/v2/flavors/durable', {'pool_list': ['east']}, ask='flavor-update-request',
         answer='flavor-update-response')
    for path in ('flavors/durable', 'pools/east', 'pools/west'):
        call('DELETE', f'/v2/{path}')


def take_the_rest(call):
    call('GET', '/', answer='versions-response')
    _, home = call('GET', '/v2/')
    keep('home-response', {'resources': {
        name: home['resources'][name] for name in ('rel/post_messages', 'rel/ping')}})
    call('GET', '/v2/limits', answer='limits-response')
    call('GET', '/v2/health', answer='health-response')
    call('POST', '/v2/queues/builds/messages', {'messages': [{'body': 1, 'ttl': 59}]},
         answer='error-400-response')
    for name in ('alarms', 'builds'):
        call('DELETE', f'/v2/queues/{name}')


def main():
    shown = [f'postgresql+psycopg://marconi:PASSWORD@{name}.example.org/marconi'
             for name in ('db1', 'db2')]
    call = Taker(sys.argv[1], zip(sys.argv[2:], shown, strict=True))
    for take in (take_queues, take_messages, take_claims, take_pools, take_the_rest):
        take(call)


if __name__ == '__main__':
    main()
