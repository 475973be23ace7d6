"""What a driver tells of a database that is to be a pool."""

import os
import tempfile

import sqlalchemy as sa

from marconi import exception
from marconi.storage.sqlalchemy import connecting
from marconi.storage.sqlalchemy import store
from tests import base

Store = store.Store


class TestCheck(base.OnEveryDatabase, base.TestCase):

    def setUp(self):
        super().setUp()
        self.url = self.database_url(fresh=True)

    def change(self, statement):
        engine = connecting.make_engine(self.url)
        self.addCleanup(engine.dispose)
        with engine.connect() as connection:
            connection.execute(sa.text(statement))

    def refused(self, error, url):
        """In how many words a person is told what is wrong."""
        text = str(self.assertRaises(error, Store.check, url))
        self.assertNotIn('\n', text)
        return text

    def test_set_up(self):
        self.assertIsNone(Store.check(self.url))

    def test_never_set_up(self):
        self.change('DROP TABLE alembic_version')
        self.assertIn('never set up', self.refused(exception.SchemaMismatch, self.url))

    def test_set_up_by_another_release(self):
        for revision in ('9999', '0001'):
            self.change(f"UPDATE alembic_version SET version_num = '{revision}'")
            self.assertIn(revision, self.refused(exception.SchemaMismatch, self.url))

    def test_a_wrong_password(self):
        if self.backend == 'sqlite':
            return self.assertIn('sqlite', Store.hide(self.url))
        url = sa.make_url(self.url).set(username='stranger', password='s3cret')
        reason = self.refused(exception.StorageUnavailable,
                              url.render_as_string(hide_password=False))
        self.assertIn('stranger', reason)
        self.assertNotIn('s3cret', reason)

    def test_a_database_that_there_is_not(self):
        url = sa.make_url(self.url).set(database='/nothing/of/the/kind')
        self.assertIn('of/the/kind', self.refused(
            exception.StorageUnavailable, url.render_as_string(hide_password=False)))

    def test_tables_that_may_not_be_read(self):
        self.change('ALTER TABLE alembic_version RENAME TO kept')
        self.change('CREATE VIEW alembic_version AS SELECT 1 AS other FROM kept')
        self.assertIn('cannot be read', self.refused(exception.StorageUnavailable, self.url))


class TestFiles(base.TestCase):

    def test_are_not_made(self):
        path = os.path.join(tempfile.mkdtemp(), 'new.db')
        self.assertRaises(exception.StorageUnavailable, Store.check, f'sqlite:///{path}')
        self.assertFalse(os.path.exists(path))

    def test_in_memory(self):
        for url in ('sqlite://', 'sqlite:///', 'sqlite:///:memory:'):
            self.assertRaises(ValueError, Store.check, url)


class TestUrls(base.TestCase):

    def test_passwords_are_hidden(self):
        for url, shown in (
                ('postgresql://u:p@h/db', 'postgresql://u:***@h/db'),
                ('mysql+pymysql://u:p%40%3A@h:1/db?charset=utf8mb4',
                 'mysql+pymysql://u:***@h:1/db?charset=utf8mb4'),
                ('postgresql://h/db', 'postgresql://h/db'),
                ('sqlite:////a/b.db', 'sqlite:////a/b.db')):
            self.assertEqual(shown, Store.hide(url))
        for name in ('password', 'passwd', 'sslpassword', 'ssl_key_password', 'PASSWORD'):
            shown = Store.hide(f'postgresql://u@h/db?a=1&{name}=s3cret&{name}=s3cret')
            self.assertNotIn('s3cret', shown)
            self.assertIn('a=1', shown)

    def test_what_is_shown_is_shown_the_same(self):
        for url in ('postgresql://u:p@h/db?password=x&b=1&a=2', 'mysql://u:@h/db', 'sqlite:///x'):
            self.assertEqual(Store.hide(url), Store.hide(Store.hide(url)))

    def test_one_database_written_in_several_ways(self):
        for urls in (
                ('postgresql://a:b@db/m', 'postgresql+psycopg://c:d@DB:5432/m?sslmode=require',
                 'postgresql:///m?host=db', 'postgresql://x/m?host=db&port=5432',
                 'postgresql://db/x?dbname=m'),
                ('mysql://db/m', 'mariadb+pymysql://u:p@db:3306/m?charset=utf8'),
                ('mysql:///m?unix_socket=/s', 'mysql+pymysql://u@localhost/m?unix_socket=/s'),
                ('postgresql:///m', 'postgresql://localhost/m'),
                ('sqlite:////a/b', 'sqlite+pysqlite:////a/./b?timeout=5', 'sqlite:////a/c/../b')):
            self.assertEqual(1, len({Store.place(url) for url in urls}), urls)

    def test_different_databases(self):
        urls = ['postgresql://db/m', 'postgresql://db2/m', 'postgresql://db:5433/m',
                'postgresql://db/M', 'mysql://db/m', 'sqlite:////db/m', 'postgresql://db/n',
                'postgresql://db/m?options=-csearch_path%3Dother',
                'postgresql://db/m?host=a&host=b']
        self.assertEqual(len(urls), len({Store.place(url) for url in urls}))

    def test_others(self):
        for url in ('', 'x', 'http://db/m', 'oracle://db/m', 'postgresql://u:s3cret@h:port/m',
                    'sqlite', '://', 'postgresql'):
            self.assertEqual('***', Store.hide(url))
            for method in (Store.place, Store.check, Store):
                error = self.assertRaises(ValueError, method, url)
                self.assertNotIn('s3cret', str(error))


class TestCapabilities(base.TestCase):

    def test_relaxed_durability_is_none(self):
        self.assertIn('DURABILITY', Store.capabilities({'max_pool_size': 5}))
        self.assertIn('DURABILITY', Store.capabilities({'relaxed_durability': False}))
        self.assertNotIn('DURABILITY', Store.capabilities({'relaxed_durability': True}))
