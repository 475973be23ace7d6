"""Lists of queues. v1 § 4.4; v1.1 § 3.5; v2 § 3.6."""

from tests.api import base
from tests.api import wire


class QueueListTest(base.ApiTest):

    def page(self, path='/queues', caller=None, **query):
        """(entries, next href) of a page; ([], None) of an empty one."""
        response = (caller or self.api).get(path, **query)
        self.assertStatus(200, response)
        self.assertEqual({'queues', 'links'}, set(response.json) - {'count'})
        entries = response.json['queues']
        if not entries:
            self.assertEqual([], response.json['links'])
            return [], None
        [link] = response.json['links']
        self.assertEqual('next', link['rel'])
        return entries, link['href']

    def names(self, *args, **query):
        return [entry['name'] for entry in self.page(*args, **query)[0]]

    def walk(self, **query):
        """Pages of names, by following the links."""
        path = wire.url('/queues', query)
        for _ in range(100):
            response = self.api.get(path)
            if response.status_int == 204 or not response.json['queues']:
                self.assertStatus(self.version.nothing, response)
                return
            yield [entry['name'] for entry in response.json['queues']]
            path = response.json['links'][0]['href']
        self.fail('the list has no end')


class TestQueueList(QueueListTest):

    scenarios = base.scenarios(*wire.ALL)

    def test_nothing(self):
        response = self.api.get('/queues')
        self.assertStatus(self.version.nothing, response)
        if response.status_int == 200:
            self.assertEqual({'queues': [], 'links': []}, response.json)
        self.assertNotIn('Content-Location', response.headers)

    def test_by_name_in_byte_order(self):
        for name in ('b', 'a', 'B', '_', '10', '9', 'a.b', 'a-b', 'ab'):
            self.api.create(name)
        self.assertEqual(['10', '9', 'B', '_', 'a', 'a-b', 'a.b', 'ab', 'b'], self.names())

    def test_an_entry(self):
        self.api.create('alarms', team='ops')
        entries, _ = self.page()
        self.assertEqual([{'name': 'alarms', 'href': self.version.prefix + '/queues/alarms'}],
                         entries)

    def test_detailed(self):
        self.api.create('alarms', team='ops')
        self.api.create('builds')
        entries, _ = self.page(detailed=True)
        self.assertEqual({'name', 'href', 'metadata'}, set(entries[0]))
        [alarms, builds] = [entry['metadata'] for entry in entries]
        self.assertEqual('ops', alarms.pop('team'))
        self.assertEqual(alarms, builds)
        if self.version is wire.V2:  # with the seven
            self.assertEqual(self.api.get('/queues/builds').json, builds)
            self.assertEqual(7, len(builds))
        else:
            self.assertEqual({}, builds)

    def test_pages(self):
        names = [f'q{number:02}' for number in range(7)]
        for name in names:
            self.api.create(name)
        self.assertEqual([names[0:3], names[3:6], names[6:]], list(self.walk(limit=3)))
        self.assertEqual([[name] for name in names], list(self.walk(limit=1)))
        self.assertEqual([names], list(self.walk()))

    def test_the_next_link_keeps_what_was_asked(self):
        self.api.create('a', x=1)
        self.api.create('b', x=2)
        _, link = self.page(limit=1, detailed='t')
        self.assertTrue(link.startswith(self.version.prefix + '/queues?'))
        self.assertEqual({'marker=a', 'limit=1', 'detailed=true'},
                         set(link.partition('?')[2].split('&')))
        entries, link = self.page(link)
        self.assertEqual(('b', 2), (entries[0]['name'], entries[0]['metadata']['x']))
        self.assertIn('marker=b', link)

    def test_the_next_link_adds_nothing(self):
        self.api.create('a')
        _, link = self.page()
        self.assertEqual(self.version.prefix + '/queues?marker=a', link)

    def test_the_default_page(self):
        for number in range(21):
            self.api.create(f'q{number:02}')
        self.assertEqual(10, len(self.names()))
        self.assertEqual(20, len(self.names(limit=20)))
        self.assertEqual(10, len(self.names(limit='')))
        self.assertEqual(['q20'], self.names(marker='q19'))

    def test_markers(self):
        for name in ('b', 'd'):
            self.api.create(name)
        for marker, names in (('', ['b', 'd']), ('a', ['b', 'd']), ('b', ['d']), ('c', ['d']),
                              ('B', ['b', 'd']), ('b.', ['d'])):
            self.assertEqual(names, self.names(marker=marker))
        for marker in ('d', 'e', 'z' * 64, '日本', 'd d'):
            response = self.api.get('/queues', marker=marker)
            self.assertStatus(self.version.nothing, response)

    def test_a_marker_whose_queue_was_deleted(self):
        for name in ('a', 'b', 'c'):
            self.api.create(name)
        _, link = self.page(limit=2)
        self.api.delete('/queues/b')
        self.assertEqual(['c'], self.names(link))

    def test_projects_see_their_own(self):
        self.api.create('mine')
        other = self.caller(project='another')
        self.assertStatus(self.version.nothing, other.get('/queues'))
        other.create('theirs')
        self.assertEqual(['mine'], self.names())
        self.assertEqual(['theirs'], self.names(caller=other))

    def test_content_location(self):
        self.api.create('alarms')
        path = self.version.prefix + '/queues?limit=5&detailed=true'
        self.assertContentLocation(path, self.api.get(path))


class TestNamelessProject(QueueListTest):
    """v1 § 2.1: callers without X-Project-Id share a project of their own."""

    scenarios = base.scenarios(wire.V1)

    def test_shared_by_the_nameless(self):
        one, two = self.caller(project=None), self.caller(project=None)
        one.create('alarms')
        one.post('alarms', 'hello')
        self.assertEqual(['hello'], two.bodies('alarms'))
        self.assertEqual(['alarms'], self.names(caller=two))
        self.assertStatus(404, self.api.get('/queues/alarms'))
        self.assertStatus(204, self.api.get('/queues'))


class TestFilters(QueueListTest):
    """v2 § 3.6: by name, by metadata, with a count."""

    scenarios = base.scenarios(wire.V2)

    def setUp(self):
        super().setUp()
        self.api.create('alarms', team='ops', size=3, tags=['a'])
        self.api.create('alarms.old', team='ops', size=4)
        self.api.create('builds', team='dev', size=3, live=True)
        self.api.create('b_ilds', team='3', nothing=None)

    def test_name_contains(self):
        for text, names in (('alarms', ['alarms', 'alarms.old']), ('old', ['alarms.old']),
                            ('l', ['alarms', 'alarms.old', 'b_ilds', 'builds']),
                            ('builds', ['builds']), ('', ['alarms', 'alarms.old', 'b_ilds',
                                                          'builds'])):
            self.assertEqual(names, self.names(name=text))

    def test_a_name_is_no_pattern(self):
        for text in ('a.*s', '.*', '^a', '%', 'b%', 'alarms$', '[a-z]', '\\', "'", 'ALARMS', '*'):
            self.assertEqual([], self.names(name=text), text)
        self.assertEqual(['b_ilds'], self.names(name='b_i'))
        self.assertEqual(['alarms.old'], self.names(name='.'))

    def test_metadata_equal(self):
        for filters, names in (({'team': 'ops'}, ['alarms', 'alarms.old']),
                               ({'size': 3}, ['alarms', 'builds']),
                               ({'team': 'ops', 'size': 3}, ['alarms']),
                               ({'team': 'Ops'}, []), ({'team': 'op'}, []),
                               ({'colour': 'red'}, []), ({'team': "' OR 1=1 --"}, [])):
            self.assertEqual(names, self.names(**filters), filters)

    def test_what_parses_as_an_integer_is_one(self):
        self.assertEqual([], self.names(team=3))  # stored as a text
        self.assertEqual(['alarms.old'], self.names(size='4'))

    def test_odd_keys(self):
        self.api.create('odd', **{'a"b': 'x', 'a.b': 'y', "a'b": 'z', 'ключ': 'ж', '$[0]': 1})
        for key, value in (('a"b', 'x'), ('a.b', 'y'), ("a'b", 'z'), ('ключ', 'ж'), ('$[0]', 1)):
            self.assertEqual(['odd'], self.names(**{key: value}), key)

    def test_filters_go_with_paging(self):
        pages = list(self.walk(limit=1, team='ops'))
        self.assertEqual([['alarms'], ['alarms.old']], pages)
        self.assertEqual([['alarms'], ['alarms.old']], list(self.walk(limit=1, name='alarms')))
        _, link = self.page(limit=1, team='ops', name='a', with_count=True)
        query = set(link.partition('?')[2].split('&'))
        self.assertEqual({'limit=1', 'team=ops', 'name=a', 'with_count=true', 'marker=alarms'},
                         query)

    def test_count(self):
        response = self.api.get('/queues', with_count=True)
        self.assertEqual(4, response.json['count'])
        for query in ({'limit': 1}, {'name': 'old'}, {'team': 'ops'}, {'marker': 'z'},
                      {'name': 'nothing like this'}):
            count = self.api.get('/queues', with_count='True', **query).json['count']
            self.assertEqual((4, int), (count, type(count)), query)

    def test_no_count(self):
        for query in ({}, {'with_count': 'false'}, {'with_count': ''}):
            self.assertNotIn('count', self.api.get('/queues', **query).json)
        nobody = self.caller(project='nobody')
        self.assertEqual({'queues': [], 'links': []},
                         nobody.get('/queues', with_count=True).json)

    def test_earlier_versions_ignore_all_this(self):
        for version in (wire.V1, wire.V1_1):
            caller = self.caller(version=version)
            for query in ({'name': 'old'}, {'team': 'ops'}, {'with_count': True}):
                response = caller.get('/queues', **query)
                self.assertEqual((4, {'queues', 'links'}),
                                 (len(response.json['queues']), set(response.json)))
