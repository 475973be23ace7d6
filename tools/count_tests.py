#!/usr/bin/env python3
"""Read a subunit stream and the number of tests there are; print "N passed, N failed[, N skipped]".

Ends with 0 only when tests ran and none failed. One that did not end, or did not even begin because
its worker ended first, has failed.
"""

import collections
import sys

import subunit
import testtools

STATES = {'success': 'passed', 'xfail': 'passed', 'skip': 'skipped'}


def count(stream, expected):
    counts = collections.Counter()

    def note(test):
        counts[STATES.get(test['status'], 'failed')] += 1

    result = testtools.StreamToDict(note)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(stream, non_subunit_name='stdout').run(result)
    result.stopTestRun()
    counts['failed'] += max(0, expected - counts.total())
    return counts


def main():
    counts = count(sys.stdin.buffer, int(sys.argv[1]))
    line = f'{counts["passed"]} passed, {counts["failed"]} failed'
    if counts['skipped']:
        line += f', {counts["skipped"]} skipped'
    print(line)
    return 0 if counts['passed'] and not counts['failed'] else 1


if __name__ == '__main__':
    sys.exit(main())
