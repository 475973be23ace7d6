#!/usr/bin/env python3
"""Read a subunit stream; print "N passed, N failed[, N skipped]".

Ends with 0 only when tests ran and none failed. One that began and never ended has failed.
"""

import collections
import sys

import subunit
import testtools

STATES = {'success': 'passed', 'xfail': 'passed', 'skip': 'skipped'}


def count(stream):
    counts = collections.Counter()

    def note(test):
        if test['status'] != 'exists':
            counts[STATES.get(test['status'], 'failed')] += 1

    result = testtools.StreamToDict(note)
    result.startTestRun()
    subunit.ByteStreamToStreamResult(stream, non_subunit_name='stdout').run(result)
    result.stopTestRun()
    return counts


def main():
    counts = count(sys.stdin.buffer)
    line = f'{counts["passed"]} passed, {counts["failed"]} failed'
    if counts['skipped']:
        line += f', {counts["skipped"]} skipped'
    print(line)
    return 0 if counts['passed'] and not counts['failed'] else 1


if __name__ == '__main__':
    sys.exit(main())
