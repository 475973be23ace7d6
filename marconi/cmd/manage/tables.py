"""How lists are printed: for people, or for programs."""

import datetime
import json


def show(rows, columns, as_json, nothing):
    """Print rows.

    :param rows: list of tuples, one value per column.
    :param columns: the names.
    :param as_json: whether a program reads it.
    :param nothing: what to tell people if there are no rows.
    """
    if as_json:
        print(json.dumps([dict(zip(columns, row, strict=True)) for row in rows], indent=2))
    elif rows:
        _print([[name.replace('_', ' ') for name in columns], *rows])
    else:
        print(nothing)


def time(milliseconds):
    """Return a time since 1970 as people read it."""
    return datetime.datetime.fromtimestamp(
        milliseconds // 1000, datetime.timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')


def _print(rows):
    rows = [['' if cell is None else str(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print('  '.join(map(str.ljust, row, widths)).rstrip())
