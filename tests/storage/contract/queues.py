"""The catalogue of queues."""

from tests.storage.contract import support

#: Names that a careless collation or pattern takes for one another.
AWKWARD_NAMES = [
    'A', 'B', 'a', 'a%', 'a-b', 'a_b', 'ab', 'axb', 'b', 'ß', 'ss', '\xe4', 'a\u0308']


class Queues(support.Contract):

    def setUp(self):
        super().setUp()
        self.queues = self.store.queues

    def names(self, project='p', **filters):
        filters.setdefault('limit', support.MANY)
        return [queue.name for queue in self.queues.list(project, **filters)]

    def create(self, *names, project='p', **metadata):
        for name in names:
            self.assertTrue(self.queues.create(project, name, metadata))

    def test_create_returns_whether_it_is_new(self):
        self.assertIs(True, self.queues.create('p', 'q', {}))
        self.assertIs(False, self.queues.create('p', 'q', {}))

    def test_create_leaves_the_metadata_of_an_existing_queue_alone(self):
        self.create('q', colour='red')
        self.queues.create('p', 'q', {'colour': 'blue'})
        self.assertEqual({'colour': 'red'}, self.queues.get('p', 'q').metadata)

    def test_get(self):
        self.queues.create('p', 'q', {'a': 1})
        queue = self.queues.get('p', 'q')
        self.assertEqual(('p', 'q', {'a': 1}, None),
                         (queue.project, queue.name, queue.metadata, queue.pool))
        self.assertIsInstance(queue.id, int)

    def test_get_one_in_a_pool(self):
        self.store.pools.put(support.a_pool('fast'))
        self.queues.create('p', 'q', {}, pool='fast')
        self.assertEqual('fast', self.queues.get('p', 'q').pool)

    def test_get_of_none(self):
        self.create('q')
        self.assertIsNone(self.queues.get('p', 'r'))
        self.assertIsNone(self.queues.get('r', 'q'))

    def test_metadata_are_stored_as_they_are(self):
        metadata = {
            'unicode': 'žluť 🐴', '': 'empty key', 'nul': 'a\x00b', 'null': None, 'true': True,
            'float': 1.5, 'large': 2 ** 62, 'negative': -1, 'nested': {'list': [1, [2, {}]]},
            '_default_message_ttl': 300, 'quote': '\'"\\%s :name', 'long': 'x' * 50_000,
        }
        self.queues.create('p', 'q', metadata)
        self.assertEqual(metadata, self.queues.get('p', 'q').metadata)
        self.assertEqual(metadata, self.queues.list('p')[0].metadata)
        # Not 1 for True, nor 1 for 1.0.
        self.assertEqual(list(map(type, metadata.values())),
                         [type(self.queues.get('p', 'q').metadata[key]) for key in metadata])

    def test_names_and_projects_are_compared_byte_by_byte(self):
        for name in AWKWARD_NAMES:
            self.assertTrue(self.queues.create('p', name, {'name': name}), name)
            self.assertTrue(self.queues.create(name, 'q', {'project': name}), name)
        for name in AWKWARD_NAMES:
            self.assertEqual({'name': name}, self.queues.get('p', name).metadata)
            self.assertEqual({'project': name}, self.queues.get(name, 'q').metadata)
            self.assertEqual(1, self.queues.count(name))

    def test_a_space_at_the_end_counts(self):
        # Most collations of MySQL pad with spaces before they compare.
        self.create('q', project='p ')
        self.assertIsNone(self.queues.get('p', 'q'))
        self.assertEqual(0, self.queues.count('p'))
        self.assertEqual([], self.names('p'))
        self.assertEqual([], list(self.queues.existing([('p', 'q')])))
        self.create('q', project='p')

    def test_the_project_without_a_name_is_one_like_others(self):
        self.create('q', project='')
        self.assertEqual('', self.queues.get('', 'q').project)
        self.assertEqual(['q'], self.names(''))
        self.assertEqual(1, self.queues.count(''))

    def test_longest_names(self):
        self.create('n' * 64, project='p' * 256)
        self.assertEqual('n' * 64, self.queues.get('p' * 256, 'n' * 64).name)
        self.assertEqual(['n' * 64], self.names('p' * 256))

    def test_an_id_is_never_used_twice(self):
        seen = set()
        for _ in range(3):
            for name in ('q', 'r'):
                self.create(name)
                queue = self.queues.get('p', name)
                self.assertNotIn(queue.id, seen)
                seen.add(queue.id)
                self.queues.delete(queue)

    def test_existing(self):
        self.create('q', 'r')
        self.create('s', project='other')
        names = [('p', 'q'), ('p', 's'), ('other', 's'), ('other', 'q'), ('none', 'none')]
        self.assertEqual({('p', 'q'), ('other', 's')},
                         {tuple(name) for name in self.queues.existing(names)})
        self.assertEqual([], list(self.queues.existing([('p', 'nothing')])))

    def test_existing_of_many(self):
        self.create('q0', 'q999')
        names = [('p', f'q{number}') for number in range(1000)]
        self.assertEqual({('p', 'q0'), ('p', 'q999')}, set(self.queues.existing(names)))

    def test_list_is_in_byte_order(self):
        self.create(*reversed(AWKWARD_NAMES))
        self.assertEqual(sorted(AWKWARD_NAMES, key=str.encode), self.names())

    def test_list_shows_one_project(self):
        self.create('q')
        self.create('r', project='other')
        self.assertEqual(['q'], self.names())
        self.assertEqual([], self.names('none'))

    def test_list_by_pages(self):
        names = [f'q{number:02}' for number in range(25)]
        self.create(*names)
        self.assertEqual(10, len(self.queues.list('p')))
        seen, marker = [], None
        while page := self.names(marker=marker, limit=7):
            self.assertLessEqual(len(page), 7)
            seen += page
            marker = page[-1]
        self.assertEqual(names, seen)

    def test_list_by_a_marker_that_does_not_exist(self):
        self.create('a', 'c')
        self.assertEqual(['c'], self.names(marker='b'))
        self.assertEqual([], self.names(marker='d'))

    def test_list_by_part_of_the_name(self):
        self.create(*AWKWARD_NAMES, 'back\\slash')
        for text in ('a', 'A', 'b', '_', '%', '\\', 's', ' ', '\xe4', "'", 'nothing'):
            expected = [name for name in [*AWKWARD_NAMES, 'back\\slash'] if text in name]
            self.assertEqual(sorted(expected, key=str.encode), self.names(name=text), text)

    def test_list_by_metadata(self):
        self.create('a', colour='red', size=1)
        self.create('b', colour='red', size='1')
        self.create('c', colour='blue', size=1)
        self.create('d', colour=None)
        self.create('e')
        self.assertEqual(['a', 'b'], self.names(metadata={'colour': 'red'}))
        self.assertEqual(['a'], self.names(metadata={'colour': 'red', 'size': 1}))
        self.assertEqual(['b'], self.names(metadata={'size': '1'}))
        self.assertEqual(['d'], self.names(metadata={'colour': None}))
        self.assertEqual([], self.names(metadata={'colour': 'red', 'taste': 'sweet'}))
        self.assertEqual(['a', 'b', 'c', 'd', 'e'], self.names(metadata={}))

    def test_list_fills_its_pages_when_few_match(self):
        for number in range(300):
            self.create(f'q{number:03}', match=number % 100 == 0)
        self.assertEqual(['q000', 'q100', 'q200'],
                         self.names(metadata={'match': True}, limit=3))
        self.assertEqual(['q100', 'q200'],
                         self.names(metadata={'match': True}, marker='q000', limit=2))
        self.assertEqual(['q200'], self.names(metadata={'match': True}, name='2', limit=2))

    def test_count(self):
        self.assertEqual(0, self.queues.count('p'))
        self.create('q', 'r')
        self.create('s', project='other')
        self.assertEqual(2, self.queues.count('p'))
        self.queues.delete(self.queues.get('p', 'q'))
        self.assertEqual(1, self.queues.count('p'))

    def test_update(self):
        self.create('q', old=1)
        self.create('r', old=1)
        queue = self.queues.get('p', 'q')
        self.assertIs(True, self.queues.update(queue, {'new': 'ž'}))
        changed = self.queues.get('p', 'q')
        self.assertEqual({'new': 'ž'}, changed.metadata)
        self.assertGreater(changed.revision, queue.revision)
        self.assertEqual(queue.id, changed.id)
        self.assertEqual({'old': 1}, self.queues.get('p', 'r').metadata)

    def test_update_to_the_same_counts_as_well(self):
        self.create('q', same=1)
        queue = self.queues.get('p', 'q')
        self.assertIs(True, self.queues.update(queue, {'same': 1}))
        self.assertIs(False, self.queues.update(queue, {'same': 1}))

    def test_update_only_if_nobody_else_did(self):
        self.create('q')
        queue = self.queues.get('p', 'q')
        self.assertTrue(self.queues.update(queue, {'by': 'one'}))
        self.assertIs(False, self.queues.update(queue, {'by': 'two'}))
        self.assertEqual({'by': 'one'}, self.queues.get('p', 'q').metadata)
        self.assertTrue(self.queues.update(self.queues.get('p', 'q'), {'by': 'two'}))

    def test_update_of_a_queue_that_is_gone(self):
        self.create('q')
        queue = self.queues.get('p', 'q')
        self.queues.delete(queue)
        self.assertIs(False, self.queues.update(queue, {}))
        self.create('q', mine=1)
        self.assertIs(False, self.queues.update(queue, {}))
        self.assertEqual({'mine': 1}, self.queues.get('p', 'q').metadata)

    def test_delete(self):
        self.create('q', 'r')
        queue = self.queues.get('p', 'q')
        self.queues.delete(queue)
        self.assertIsNone(self.queues.get('p', 'q'))
        self.assertEqual(['r'], self.names())
        self.queues.delete(queue)

    def test_delete_spares_a_later_queue_of_the_same_name(self):
        self.create('q')
        queue = self.queues.get('p', 'q')
        self.queues.delete(queue)
        self.create('q', mine=1)
        self.queues.delete(queue)
        self.assertEqual({'mine': 1}, self.queues.get('p', 'q').metadata)

    def test_delete_whatever_was_changed_since(self):
        self.create('q')
        queue = self.queues.get('p', 'q')
        self.queues.update(queue, {'later': 1})
        self.queues.delete(queue)
        self.assertIsNone(self.queues.get('p', 'q'))
