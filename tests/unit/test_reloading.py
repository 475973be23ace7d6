"""Reading the configuration again, without a process around it."""

import os
import tempfile

from marconi import conf as conf_module
from marconi.conf import reloading
from marconi.core import limits
from tests import base


class TestReload(base.TestCase):

    def setUp(self):
        super().setUp()
        self.directory = tempfile.mkdtemp()
        self.write('[transport]\nmax_wait = 3\n[database]\nconnection = sqlite:///a\n')
        self.conf = conf_module.new((), [self.path])

    @property
    def path(self):
        return os.path.join(self.directory, 'marconi.conf')

    def write(self, text):
        with open(self.path, 'w') as file:
            file.write(text)

    def waits(self):
        return limits.Limits.from_conf(self.conf).max_wait

    def test_mutable_options_have_their_new_values(self):
        self.write('[transport]\nmax_wait = 4\n')
        self.assertTrue(reloading.reload(self.conf))
        self.assertEqual(4, self.waits())

    def test_the_others_keep_theirs(self):
        self.write('[transport]\nmax_wait = 4\n[database]\nconnection = sqlite:///b\n')
        self.assertTrue(reloading.reload(self.conf))
        self.assertEqual(('sqlite:///a', 4), (self.conf.database.connection, self.waits()))

    def test_what_is_said_no_more_has_its_default(self):
        self.write('')
        self.assertTrue(reloading.reload(self.conf))
        self.assertEqual(20, self.waits())

    def test_wrong_files_change_nothing(self):
        for text in ('[transport]\nmax_wait = -1\n', '[transport]\nmax_wait = long\n',
                     '[transport\n', 'max_wait\n',
                     '[transport]\nmax_wait = 4\n[janitor]\nbatch = 0\n'):
            self.write(text)
            self.assertFalse(reloading.reload(self.conf), text)
            self.assertEqual(3, self.waits())

    def test_file_that_is_gone_changes_nothing(self):
        os.unlink(self.path)
        self.assertFalse(reloading.reload(self.conf))
        self.assertEqual(3, self.waits())

    def test_what_the_program_set_itself_stays(self):
        self.conf.set_override('max_wait', 9, 'transport')
        self.write('[transport]\nmax_wait = 4\n')
        self.assertTrue(reloading.reload(self.conf))
        self.assertEqual(9, self.waits())

    def test_directories_are_read_again_too(self):
        more = tempfile.mkdtemp()
        conf = conf_module.new(['--config-dir', more], [self.path])
        with open(os.path.join(more, 'more.conf'), 'w') as file:
            file.write('[transport]\nmax_wait = 5\n')
        self.assertTrue(reloading.reload(conf))
        self.assertEqual(5, conf.transport.max_wait)
        with open(os.path.join(more, 'more.conf'), 'w') as file:
            file.write('[transport]\nmax_wait = -5\n')
        self.assertFalse(reloading.reload(conf))
        self.assertEqual(5, conf.transport.max_wait)
