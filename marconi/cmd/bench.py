"""marconi-bench: how fast is a message service? See doc/source/admin/benchmark.rst."""

import argparse
import os
import signal
import sys
from urllib import parse

from marconi.cmd import common

NEEDS = 'It needs more libraries: pip install "marconi[bench]"'
#: The scenarios of the option's default, and all.
NAMES = ('post1', 'post10', 'cycle1', 'cycle10', 'list', 'mix', 'wait', 'wait-new')


def main(args=None):
    """Measure; return 1 if there were errors."""
    options = parser().parse_args(args)
    options.urls = [options.url, *([options.against] if options.against else [])]
    options.rounds = options.rounds or (3 if options.against else 1)
    return common.run(lambda: _main(options))


def parser():
    it = argparse.ArgumentParser(
        prog='marconi-bench', formatter_class=argparse.ArgumentDefaultsHelpFormatter,
        description='Measure a service that speaks the API of Marconi and Zaqar. It makes '
                    'queues of its own and deletes them.')
    it.add_argument('url', nargs='?', default='http://127.0.0.1:8888', type=_url,
                    help='the service, without version')
    it.add_argument('--against', metavar='URL', type=_url,
                    help='measure this service in turn with the other, and print ratios')
    it.add_argument('--scenarios', type=_names, default=list(NAMES), metavar='NAME,…',
                    help='which: ' + ', '.join(NAMES))
    it.add_argument('--duration', type=_seconds, default=10, help='seconds of each run')
    it.add_argument('--warm-up', type=_seconds, default=2,
                    help='seconds before each run that do not count')
    it.add_argument('--rounds', type=_count,
                    help='runs of each scenario; 1, or 3 with --against')
    it.add_argument('--connections', type=_count, default=16, help='requests at a time')
    it.add_argument('--processes', type=_count, default=1, help='processes that make the load')
    it.add_argument('--queues', type=_count, default=4, help='queues that share the load')
    it.add_argument('--body-size', type=_count, default=230, help='bytes of a message')
    it.add_argument('--backlog', type=int, help='messages that wait in each queue beforehand; '
                    '500 where messages are listed, else 0')
    it.add_argument('--in-flight', type=int, default=0,
                    help='how many of these are claimed beforehand')
    it.add_argument('--api', choices=('v2', 'v1.1'), default='v2', help='version of the API')
    it.add_argument('--project', default=os.environ.get('OS_PROJECT_ID', 'marconi-bench'),
                    help='X-Project-Id; OS_PROJECT_ID in the environment')
    it.add_argument('--token', default=os.environ.get('OS_TOKEN'),
                    help=argparse.SUPPRESS if 'OS_TOKEN' in os.environ else
                    'X-Auth-Token; better as OS_TOKEN in the environment')
    it.add_argument('--json', metavar='FILE', help='write everything that was measured')
    it.add_argument('--chart', metavar='FILE', help='draw a chart: .png, .svg or .pdf')
    return it


def _url(text):
    parts = parse.urlsplit(text)
    if parts.scheme not in ('http', 'https') or not parts.hostname:
        raise argparse.ArgumentTypeError(f'{text} is no URL such as http://127.0.0.1:8888')
    return text.rstrip('/')


def _names(text):
    names = text.split(',')
    for name in names:
        if name not in NAMES:
            raise argparse.ArgumentTypeError(f'{name} is none of {", ".join(NAMES)}')
    return names


def _count(text):
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError('must be at least 1')
    return number


def _seconds(text):
    seconds = float(text)
    if not 0 <= seconds < 86400:
        raise argparse.ArgumentTypeError('must be seconds of less than a day')
    return seconds


def _main(options):
    try:
        import rich  # noqa: F401
        if options.chart:
            import matplotlib  # noqa: F401
    except ImportError as error:
        common.fail(f'{NEEDS} ({error}).')
    from marconi.bench import load
    from marconi.bench import plan
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up, too
    runs, pool = [], load.Pool(options.processes)
    try:
        _measure(options, pool, runs)
    except plan.BenchError as error:
        common.fail(error)
    finally:
        pool.close()
        if runs:
            _present(options, runs)
    return 1 if any(run.errors or run.astray for run in runs) else 0


def _measure(options, pool, runs):
    """Add the result of each run to ``runs``, and show how far we are."""
    from marconi.bench import plan
    from rich import console
    from rich import progress
    seconds = options.warm_up + options.duration
    total = seconds * len(options.scenarios) * options.rounds * len(options.urls)
    where = console.Console(stderr=True)
    with progress.Progress(
            progress.TextColumn('{task.description}'), progress.BarColumn(),
            progress.TimeRemainingColumn(), progress.TextColumn('{task.fields[rate]}'),
            console=where, transient=True, disable=not where.is_terminal) as bar:
        task = bar.add_task('', total=total, rate='')

        def show(text, gone, messages):
            gone = min(max(gone, 0), seconds)
            rate = messages / max(0.2, gone - options.warm_up)
            bar.update(task, description=text, completed=len(runs) * seconds + gone,
                       rate=f'{rate:,.0f} messages/s' if messages else '')

        for run in plan.Plan(options, pool, show).run():
            runs.append(run)


def _present(options, runs):
    from marconi.bench import report
    from rich import console
    where = console.Console(soft_wrap=True, highlight=False)
    where.print(report.table(runs, options.urls))
    for line in report.remarks(runs, options.urls):
        where.print(line, markup=False)
    if options.json:
        with open(options.json, 'w') as file:
            file.write(report.document(runs, options))
    if options.chart:
        report.chart(runs, options.urls, options.chart)


if __name__ == '__main__':
    sys.exit(main())
