"""Shows results: a table, a file of JSON, a chart."""

import dataclasses
import json

from rich import box
from rich import table as rich_table

from marconi.bench import results
from marconi.bench import scenarios

COLUMNS = {'requests': 'requests\nper s', 'messages': 'messages\nper s', 'p50': 'p50\nms',
           'p95': 'p95\nms', 'p99': 'p99\nms', 'errors': 'errors'}


def number(value):
    """Return a number with three digits that count, or more before the point."""
    if value is None:
        return '–'
    if isinstance(value, int) or value >= 100:
        return f'{value:,.0f}'
    return f'{value:.1f}' if value >= 10 else f'{value:.2f}'


def table(runs, urls):
    """Return the table of medians, with a line of ratios if there are two servers."""
    it = rich_table.Table(box=box.SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    it.add_column('scenario', no_wrap=True)
    two = len(urls) > 1
    if two:
        it.add_column('server', no_wrap=True)
    for title in COLUMNS.values():
        it.add_column(title, justify='right', no_wrap=True)
    ratios = results.ratios(runs, *urls) if two else {}
    for scenario, by_url in results.summary(runs).items():
        title = scenarios.ALL[scenario].title
        for letter, (url, row) in zip('AB', by_url.items()):
            it.add_row(title, *([letter] if two else []),
                       *(number(row[name]) for name in COLUMNS))
            title = ''
        if scenario in ratios:
            it.add_row('', 'A ÷ B', *(number(ratios[scenario].get(name)) if name != 'errors' else ''
                                      for name in COLUMNS), style='bold', end_section=True)
    return it


def remarks(runs, urls):
    """Yield lines on what the table does not show."""
    if len(urls) > 1:
        yield from (f'{letter}: {url}' for letter, url in zip('AB', urls))
        rounds = max(run.round for run in runs)
        yield f'Medians of {rounds} rounds; ratios are medians of the ratios of each round.'
    load = [run.processor for run in runs]
    text = f'The generator used {min(load):.0%} to {max(load):.0%} of one processor'
    shares = [run.processor / run.machine for run in runs if run.machine]
    if shares:
        text += (f', {min(shares):.0%} to {max(shares):.0%} of the processor time that was '
                 'used on its machine')
    yield f'{text}.'
    empty = sum(run.empty for run in runs)
    if empty:
        yield f'{empty:,} claims or pages found no message.'
    for run in runs:
        if run.astray and not run.errors:
            yield (f'WRONG COUNT: {run.scenario}, {run.url}, round {run.round}: {run.posted:,} '
                   f'posted, {run.deleted:,} deleted, but the server has {run.left:,} more '
                   'than before.')
    for text in dict.fromkeys(text for run in runs for text in run.examples):
        yield f'Error: {text}'


def document(runs, options):
    """Return everything as JSON, without secrets."""
    kept = {name: value for name, value in vars(options).items()
            if name not in ('token', 'json', 'chart')}
    urls = options.urls
    return json.dumps({
        'options': kept, 'runs': [dataclasses.asdict(run) for run in runs],
        'summary': results.summary(runs),
        'ratios': results.ratios(runs, *urls) if len(urls) > 1 else None,
    }, indent=1)


def chart(runs, urls, path):
    """Draw rates and times; the ending of ``path`` says what it is: PNG, SVG or PDF."""
    import matplotlib
    matplotlib.use('agg')
    from matplotlib import pyplot
    rows = results.summary(runs)
    figure, axes = pyplot.subplots(1, 2, figsize=(11, 1.5 + 0.45 * len(rows) * len(urls)),
                                   sharey=True, layout='constrained')
    height = 0.8 / len(urls)
    for index, url in enumerate(urls):
        places = [row + index * height for row in range(len(rows))]
        for axis, name in zip(axes, ('messages', 'p99')):
            values = [rows[row].get(url, {}).get(name) or 0 for row in rows]
            bars = axis.barh(places, values, height, label=url)
            axis.bar_label(bars, [number(value) for value in values], padding=3)
    axes[0].set_yticks([row + 0.4 - height / 2 for row in range(len(rows))],
                       [scenarios.ALL[row].title for row in rows])
    axes[0].invert_yaxis()
    for axis, title in zip(axes, ('messages per second', 'p99, milliseconds')):
        axis.set_title(title)
        axis.margins(x=0.15)
        axis.spines[['top', 'right']].set_visible(False)
    if len(urls) > 1:
        figure.legend(*axes[0].get_legend_handles_labels(), loc='outside lower center', ncols=2)
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
