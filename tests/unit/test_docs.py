"""What the documentation says of the code, so that neither changes without the other."""

import contextlib
import io
import itertools
import json
import os
import pathlib
import re
import textwrap

from keystoneauth1 import loading
from keystonemiddleware import auth_token
from oslo_config import cfg
from oslo_config import generator as config_generator
from oslo_messaging import opts as messaging_opts
from oslo_middleware import opts as middleware
from oslo_policy import generator as policy_generator

from marconi.api import errors
from marconi.api import root
import marconi.conf
from marconi.conf import keystone
from marconi.conf import opts
from marconi import context as context_module
from marconi.core import limits
from marconi.core import metadata
from marconi.janitor import sweeps
from marconi import metrics
from marconi.metrics import gauges
from marconi import policies
from marconi.rpc import payloads
from tests import base
from tests.unit import test_rpc

ROOT = pathlib.Path(__file__).parents[2]
GUIDES = ROOT / 'doc/source'
API_REF = ROOT / 'api-ref/source'
NOTES = ROOT / 'releasenotes/source'

#: The variable parts of a path, as the code and as the reference call them.
NAMES = {'{queue}': '{queue_name}', '{message}': '{message_id}', '{claim}': '{claim_id}',
         '{pool}': '{pool_name}', '{flavor}': '{flavor_name}'}
OPERATION = re.compile(r'\b(GET|HEAD|PUT|POST|PATCH|DELETE) (/v[12](?:\.1)?/[^\s`?]*)')
#: Parts of pages that are written by somebody else.
LATER = {'contributor/wsgi-servers'}


def pages():
    """Every page of the guides, the reference and the notes, by its name."""
    for place, prefix in ((GUIDES, ''), (API_REF, 'api-ref/'), (NOTES, 'releasenotes/')):
        for path in sorted(place.rglob('*.rst')):
            yield prefix + str(path.relative_to(place).with_suffix('')), path.read_text()


def reference():
    return '\n'.join(path.read_text() for path in sorted(API_REF.glob('*.inc')))


def operations():
    """Every "METHOD /path" that the reference names."""
    return {' '.join(operation) for operation in OPERATION.findall(reference())}


def toctree(text):
    """The entries of all toctrees of a page."""
    for block in re.findall(r'\.\. toctree::\n(?:   :.*\n)*\n((?:   .*\n?)+)', text):
        yield from block.split()


def examples(text):
    """(name, language, code) of the examples of the README; name None where there is none."""
    block = re.compile(r'(?:\.\. example: (\w+)\n\n)?\.\. code-block:: (\w+)\n\n((?:   .*\n|\n)+)')
    for name, language, code in block.findall(text):
        yield name or None, language, textwrap.dedent(code)


class TestConfiguration(base.TestCase):

    def sample(self):
        """What ``make genconfig`` would write, as {group: text}."""
        conf = cfg.ConfigOpts()
        config_generator.register_cli_opts(conf)
        conf(['--config-file', str(ROOT / 'etc/marconi/marconi-config-generator.conf')])
        written = io.StringIO()
        config_generator.generate(conf, written)
        parts = re.split(r'^\[(.+)\]$', written.getvalue(), flags=re.MULTILINE)
        return dict(zip(parts[1::2], parts[2::2], strict=True))

    def test_the_sample_shows_every_option(self):
        sample = self.sample()
        for group, options in opts.list_opts():
            for option in options:
                self.assertRegex(sample[group], rf'(?m)^#{option.dest} =', group)

    def test_every_option_has_a_help_in_sentences(self):
        for group, options in opts.list_opts():
            for option in options:
                self.assertRegex(option.help, r'(?s)^[A-Z].*\.$', f'{group}.{option.dest}')

    def test_options_that_pages_name_exist(self):
        known = {(group, option.dest)
                 for group, options in (opts.list_opts() + self.options_of_keystone()
                                        + self.options_of_messaging()
                                        + middleware.list_opts_healthcheck())
                 for option in options}
        for page, text in pages():
            for group, option in re.findall(r'``\[([\w:]+)\]\s+(\w+)', text):
                self.assertIn((group, option), known, page)

    @staticmethod
    def options_of_keystone():
        return auth_token.list_opts() + [
            (group, loading.get_auth_plugin_conf_options('password'))
            for group, _ in auth_token.list_opts()]

    @staticmethod
    def options_of_messaging():
        return [(group or 'DEFAULT', options) for group, options in messaging_opts.list_opts()]

    def test_the_sample_shows_our_defaults_for_the_message_bus(self):
        shown = self.sample()['DEFAULT']
        self.assertRegex(shown, r'(?m)^#transport_url = <None>$')
        self.assertRegex(shown, r'(?m)^#control_exchange = marconi$')

    def test_the_sample_shows_our_defaults_for_keystone(self):
        shown = self.sample()[keystone.GROUP]
        for name, value in keystone.DEFAULTS.items():
            self.assertRegex(shown, rf'(?mi)^#{name} = {value}$')

    def test_limits_that_the_user_guide_names_are_the_defaults(self):
        transport = marconi.conf.new(args=[], files=[]).transport
        text = (GUIDES / 'user/concepts.rst').read_text()
        for name in limits.Limits.__struct_fields__:
            if name != 'message_delete_with_claim_id':
                value = transport[name]
                self.assertRegex(text, rf'\b({value}|{value:,})\b', name)


class TestPolicy(base.TestCase):

    def test_the_sample_shows_every_rule(self):
        with contextlib.redirect_stdout(io.StringIO()) as written:
            policy_generator.generate_sample([
                '--config-file', str(ROOT / 'etc/marconi/marconi-policy-generator.conf'),
                '--output-file', ''])
        for rule in policies.list_rules():
            self.assertIn(f'#"{rule.name}": ', written.getvalue())

    def test_operations_of_rules_are_in_the_reference(self):
        known = {operation.rstrip('/') for operation in operations()}
        for rule in policies.list_rules():
            for operation in getattr(rule, 'operations', ()):
                self.assertIn(f'{operation["method"]} {operation["path"]}'.rstrip('/'), known)


class TestApiReference(base.TestCase):

    def routes(self):
        """Every operation of every version, as the reference writes it."""
        for version in root.VERSIONS:
            for path, methods in itertools.chain(
                    version.routes.items(), version.admin_routes.items()):
                for ours, theirs in NAMES.items():
                    path = path.replace(ours, theirs)
                for method in methods:
                    yield f'{method} {version.path}{path}'

    def test_it_has_every_route(self):
        self.assertEqual(set(), set(self.routes()) - operations())

    def test_it_has_no_route_that_is_not_served(self):
        named = {operation for operation in operations()
                 if '/builds/' not in operation}  # an example
        self.assertEqual(set(), named - set(self.routes()))

    def test_each_operation_of_version_2_has_a_section(self):
        sections = re.findall(r'\.\. rest_method:: (.*)', reference())
        self.assertEqual(len(sections), len(set(sections)))
        self.assertEqual({route for route in self.routes() if ' /v2/' in route},
                         set(sections) - {'GET /'})

    def test_it_has_every_parameter_of_a_query(self):
        version = root.VERSIONS[-1]
        for page, names in (('queues.inc', version.list_queues),
                            ('messages.inc', version.list_messages),
                            ('claims.inc', version.create_claim),
                            ('pools.inc', version.list_pools),
                            ('flavors.inc', version.list_flavors)):
            text = (API_REF / page).read_text()
            for name in names:
                self.assertIn(f'\n   - {name}: ', text)

    def test_it_has_every_reserved_attribute(self):
        attributes = [value for name, value in vars(metadata).items()
                      if name.isupper() and isinstance(value, str) and value[0] == '_']
        self.assertIn('_flavor', attributes)
        for page in (API_REF / 'queues.inc', GUIDES / 'user/concepts.rst'):
            for name in attributes:
                self.assertRegex(page.read_text(), rf'[` ]{name}[`:]', page)

    def test_it_has_every_title_of_an_error(self):
        text = reference()
        for status, title in errors.TABLE.values():
            self.assertRegex(text, rf'(?s)\* - [\d, ]*{status}[\d, ]*\n     - [^*]*{title}(?!\w)')

    def test_parameters_are_defined_and_used(self):
        text = (API_REF / 'parameters.yaml').read_text()
        defined = set(re.findall(r'^(\w+):$', text, re.MULTILINE))
        used = set()
        for block in re.findall(r'rest_parameters:: .*\n\n((?:   - .*\n)+)', reference()):
            used |= set(re.findall(r': (\w+)\n', block))
        self.assertEqual(defined, used)

    def test_samples_are_json_and_used(self):
        samples = {path.name for path in (API_REF / 'samples').iterdir()}
        self.assertEqual(set(re.findall(r'literalinclude:: samples/(\S+)', reference())), samples)
        for name in samples:
            json.loads((API_REF / 'samples' / name).read_text())


class TestNotifications(base.TestCase):

    def setUp(self):
        super().setUp()
        text = (GUIDES / 'admin/notifications.rst').read_text()
        events, self.fields = text.split('.. list-table:: Fields')
        self.intro, self.events = events.split('.. list-table:: Events')
        self.example = json.loads(textwrap.dedent(
            re.search(r'code-block:: json\n\n((?:   .*\n)+)', text)[1]))

    @staticmethod
    def payload(event):
        context = context_module.RequestContext(project_id='p')
        return payloads.build(context, event, test_rpc.value_of(event))

    @staticmethod
    def names(payload):
        """The fields of a payload as the page calls them."""
        for name, value in payload.items():
            if isinstance(value, dict):
                yield from (f'{name}.{part}' for part in value)
            else:
                yield name

    def test_the_page_has_the_fields_of_each_event(self):
        common = set(re.findall(r'``(\w+)``', self.intro.rpartition('Every payload has')[2]))
        shown = {event: set(re.findall('``(.*?)``', fields)) for event, fields in re.findall(
            r'\* - ``([\w.]+)``\n     - [^*]*?\n     - (.*)\n', self.events)}
        self.assertEqual({event: set(self.names(self.payload(event))) - common
                          for event in payloads.EVENTS}, shown)
        known = common.union(*shown.values())
        self.assertEqual(known, set(re.findall(r'\* - ``([\w.]+)``', self.fields)))

    def test_the_example_is_one(self):
        payload = self.payload('queue.create')
        self.assertEqual(list(self.names(payload)), list(self.names(self.example['payload'])))
        self.assertEqual(payload['version'], self.example['payload']['version'])


class TestPages(base.TestCase):

    def test_links_between_pages_lead_somewhere(self):
        known = {name for name, _ in pages()} | LATER
        for page, text in pages():
            for link in re.findall(r':doc:`(?:[^`<]*<)?([^`>]+)>?`', text):
                self.assertIn(os.path.normpath(os.path.join(os.path.dirname(page), link)), known,
                              f'linked from {page}')

    def test_labels_exist(self):
        texts = [text for _, text in pages()] + [reference()]
        labels = {label for text in texts for label in re.findall(r'^\.\. _([\w-]+):$', text, re.M)}
        for text in texts:
            for label in re.findall(r':ref:`(?:[^`<]*<)?([^`>]+)>?`', text):
                self.assertIn(label, labels)

    def test_every_page_can_be_found_from_the_first_one(self):
        texts, found, next_ones = dict(pages()), set(), ['index']
        while next_ones:
            page = next_ones.pop()
            found.add(page)
            next_ones += [os.path.normpath(os.path.join(os.path.dirname(page), entry))
                          for entry in toctree(texts.get(page, ''))]
        self.assertEqual(set(texts) | LATER, found | LATER)

    def test_included_files_exist(self):
        for page, text in pages():
            directory = (GUIDES / page).parent
            for path in re.findall(r'\.\. (?:literal)?include:: (\S+)', text):
                self.assertTrue((directory / path).exists(), f'{path}, included from {page}')

    def test_files_that_top_level_pages_name_exist(self):
        for page in ('README.rst', 'CONTRIBUTING.rst', 'HACKING.rst'):
            text = (ROOT / page).read_text()
            for path in re.findall(r'<([\w/.-]+\.rst)>`_|``((?:doc|etc)/[\w/.-]+)``', text):
                self.assertTrue((ROOT / (path[0] or path[1])).exists(), f'{path} in {page}')

    def test_modules_that_the_contributor_guide_names_exist(self):
        text = (GUIDES / 'contributor/architecture.rst').read_text()
        part = '(?:api|core|rpc|storage|janitor|cmd|wsgi)'
        for path in re.findall(rf'``({part}/[\w/]*(?:\.py)?)``', text):
            self.assertTrue((ROOT / 'marconi' / path).exists(), path)

    def test_every_sweep_of_the_janitor_is_explained(self):
        text = (GUIDES / 'admin/processes.rst').read_text()
        self.assertEqual(sweeps.KINDS, re.findall(r'\* - ``(\w+)``', text))

    def test_every_metric_is_explained_with_its_labels(self):
        text = (GUIDES / 'admin/watching.rst').read_text()
        table = dict(re.findall(r'\* - ``(marconi_\w+)``\n     - ([\w, ]+)\n', text))
        known = {f'{name}_total' if buckets is None else name: ', '.join(labels)
                 for name, (_, labels, buckets) in metrics.COUNTED.items()}
        known |= {name: ', '.join(labels) for name, (_, labels, _) in gauges.SHOWN.items()}
        self.assertEqual(known | {'marconi_info': 'version'}, table)


class TestReadme(base.TestCase):

    def test_examples_are_marked_so_that_they_can_be_run(self):
        found = {}
        for name, language, code in examples((ROOT / 'README.rst').read_text()):
            found.setdefault((name, language), []).append(code)
        self.assertEqual({('curl', 'bash'), ('zaqarclient', 'python'), ('openstacksdk', 'python')},
                         set(found))

    def test_examples_in_python_are_python(self):
        for name, language, code in examples((ROOT / 'README.rst').read_text()):
            if language == 'python':
                compile(code, name, 'exec')
