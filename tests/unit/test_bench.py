"""The parts of the load generator that need no server."""

import contextlib
import io
import json
import tempfile
import types

from rich import console

from marconi.bench import client
from marconi.bench import load
from marconi.bench import report
from marconi.bench import results
from marconi.bench import scenarios
from marconi.cmd import bench
from tests import base

A, B = 'http://a:8888', 'http://b:8888'


def run(scenario='post1', url=A, number=1, **values):
    """A result with the values that a test is about."""
    values = {'requests': 100.0, 'messages': 100.0, 'p50': 1.0, 'p95': 2.0, 'p99': 4.0,
              'errors': 0, 'examples': [], 'empty': 0, 'posted': 0, 'deleted': 0, 'left': 0,
              'processor': 0.2, 'machine': 2.0, **values}
    return results.Result(scenario, url, number, **values)


class TestPercentile(base.TestCase):

    def test_nearest_rank(self):
        values = list(range(1, 201))
        for share, value in ((50, 100), (95, 190), (99, 198), (100, 200), (0, 1)):
            self.assertEqual(value, results.percentile(values, share))

    def test_few_values(self):
        self.assertEqual(7, results.percentile([7], 99))
        self.assertEqual(2, results.percentile([1, 2, 3], 50))
        self.assertIsNone(results.percentile([], 50))


class TestResults(base.TestCase):

    def test_rates_and_times(self):
        counted = {'times': [0.001, 0.002, 0.003], 'requests': 30, 'messages': 300, 'errors': 1,
                   'examples': ['x'], 'empty': 2, 'posted': 310, 'deleted': 10,
                   'processor': 0.5, 'machine': None}
        it = results.Result.of('post10', A, 1, 2.0, 299, counted)
        self.assertEqual((15, 150, 2, 3, 0.25), (it.requests, it.messages, it.p50, it.p99,
                                                 it.processor))
        self.assertIsNone(it.machine)
        self.assertEqual(-1, it.astray)

    def test_processes_add_up(self):
        part = {'times': [2.0, 1.0], 'requests': 2, 'examples': ['x'], 'machine': 3.0}
        self.assertEqual(
            {'times': [1.0, 1.0, 2.0, 2.0], 'requests': 4, 'examples': ['x', 'x'],
             'machine': 3.0}, load.merge([part, part]))

    def test_summary_has_medians_and_sums_errors(self):
        runs = [run(messages=rate, errors=1, p50=None) for rate in (1.0, 50.0, 2.0)]
        row = results.summary(runs)['post1'][A]
        self.assertEqual((2.0, 3, None), (row['messages'], row['errors'], row['p50']))

    def test_ratios_are_medians_of_the_ratios_of_a_round(self):
        runs = [run(url=url, number=number, messages=rate)
                for number, rates in enumerate([(10.0, 5.0), (90.0, 30.0), (8.0, 1.0)])
                for url, rate in zip((A, B), rates, strict=True)]
        self.assertEqual(3.0, results.ratios(runs, A, B)['post1']['messages'])

    def test_ratios_without_a_partner_or_to_nothing(self):
        runs = [run(p99=None), run(url=B, messages=0.0), run('list')]
        ratios = results.ratios(runs, A, B)
        self.assertEqual({'post1'}, set(ratios))
        self.assertIsNone(ratios['post1']['messages'])
        self.assertIsNone(ratios['post1']['p99'])
        self.assertEqual(1.0, ratios['post1']['p50'])


class TestReport(base.TestCase):

    def shown(self, runs, urls):
        where = console.Console(file=io.StringIO(), width=100)
        where.print(report.table(runs, urls))
        return where.file.getvalue()

    def test_table(self):
        text = self.shown([run(messages=12345.6, p99=0.123, p50=None, errors=3)], [A])
        row = next(line for line in text.splitlines() if 'post one' in line)
        self.assertEqual(['post', 'one', '100', '12,346', '–', '2.00', '0.12', '3'], row.split())
        self.assertNotIn('÷', text)

    def test_table_of_two_has_ratios(self):
        rows = self.shown([run(messages=300.0), run(url=B)], [A, B]).splitlines()
        row = next(line for line in rows if '÷' in line)
        self.assertEqual(['A', '÷', 'B', '1.00', '3.00', '1.00', '1.00', '1.00'], row.split())

    def test_it_fits_a_terminal(self):
        runs = [run(name, url, messages=123456.0) for name in scenarios.ALL for url in (A, B)]
        where = console.Console(file=io.StringIO(), width=80)
        where.print(report.table(runs, [A, B]))
        self.assertNotIn('…', where.file.getvalue().replace('… by', ''))

    def test_remarks(self):
        lines = '\n'.join(report.remarks(
            [run(empty=2), run(posted=5, left=4), run(errors=1, examples=['503 gone'])], [A]))
        self.assertIn('20% of one processor, 10% to 10% of', lines)
        self.assertIn('2 claims', lines)
        self.assertIn('WRONG COUNT: post1, http://a:8888, round 1: 5 posted', lines)
        self.assertIn('Error: 503 gone', lines)

    def test_document_has_no_token(self):
        options = types.SimpleNamespace(urls=[A, B], token='geheim', json='x', chart=None)
        text = report.document([run(), run(url=B)], options)
        self.assertNotIn('geheim', text)
        self.assertEqual(1.0, json.loads(text)['ratios']['post1']['p99'])

    def test_chart(self):
        try:
            import matplotlib  # noqa: F401
        except ImportError:
            self.skipTest('matplotlib, which draws charts, is not installed')
        path = f'{tempfile.mkdtemp()}/chart.png'
        report.chart([run(), run('list', p99=None), run(url=B)], [A, B], path)
        with open(path, 'rb') as file:
            self.assertEqual(b'\x89PNG', file.read(4))


class TestParse(base.TestCase):

    def assertFound(self, expected, answer):
        self.assertEqual(expected, client.parse(answer))
        for end in range(len(answer) - 1):
            self.assertIsNone(client.parse(answer[:end]), answer[:end])

    def test_length(self):
        self.assertFound((200, b'abc', True),
                         b'HTTP/1.1 200 OK\r\nServer: x\r\ncontent-length: 3\r\n\r\nabc')

    def test_no_body(self):
        self.assertFound((204, b'', False),
                         b'HTTP/1.1 204 No Content\r\nConnection: close\r\nA: b\r\n\r\n')

    def test_chunks(self):
        self.assertFound((201, b'abcde', True),
                         b'HTTP/1.1 201 Created\r\nTransfer-Encoding: chunked\r\n\r\n'
                         b'3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n')

    def test_no_http(self):
        for answer in (b'SSH-2.0-OpenSSH\r\n\r\n', b'HTTP/1.1 200 OK\r\n\r\n'):
            self.assertRaises(ValueError, client.parse, answer)


class TestScenarios(base.TestCase):

    def test_body_has_the_size(self):
        for size in (12, 230, 5000):
            self.assertEqual(size, len(json.dumps(scenarios.body(size))))

    def test_request(self):
        wire = scenarios.Wire('host:1', '/v2', {'X-Project-Id': 'me'})
        head, _, body = wire.request('POST', '/x', {'a': 1}).partition(b'\r\n\r\n')
        self.assertTrue(head.startswith(b'POST /v2/x HTTP/1.1\r\nHost: host:1\r\n'))
        self.assertIn(b'X-Project-Id: me', head)
        self.assertIn(b'Content-Length: 8', head)
        self.assertEqual({'a': 1}, json.loads(body))

    def test_a_cycle_that_found_nothing_posts_nothing_more(self):
        tally = client.Tally()
        wire = scenarios.Wire('host', '/v2', {})
        session = scenarios.cycle(scenarios.Session(wire, tally, ['q'], 20, {}), 1)
        self.assertIn(b'/messages ', next(session))
        claim = session.send(client.Answer(201, b'{"resources": []}'))
        self.assertIn(b'/claims?', claim)
        self.assertEqual(claim, session.send(client.Answer(204, b'')))
        delete = session.send(client.Answer(201, b'{"messages": [{"href": "/v2/queues/q/m"}]}'))
        self.assertTrue(delete.startswith(b'DELETE /v2/queues/q/m '))
        self.assertIn(b'/messages ', session.send(client.Answer(204, b'')))
        self.assertEqual((1, 1), (tally.posted, tally.deleted))


class TestOptions(base.TestCase):

    def refused(self, *args):
        with contextlib.redirect_stderr(io.StringIO()) as said:
            self.assertRaises(SystemExit, bench.main, args)
        return said.getvalue()

    def test_wrong_values(self):
        for args, said in ((['nonsense'], 'nonsense is no URL'),
                           (['--scenarios', 'post2'], 'post2 is none of post1, '),
                           (['--connections', '0'], 'at least 1'),
                           (['--duration', '-1'], 'seconds')):
            self.assertIn(said, self.refused(*args))

    def test_every_scenario_can_be_chosen(self):
        self.assertEqual(tuple(scenarios.ALL), bench.NAMES)
