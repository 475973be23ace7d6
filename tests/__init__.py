import os
import unittest

import testscenarios
import testtools


def load_tests(loader, tests, pattern):
    """Discover everything below, with the scenarios of each test made out.

    Every test is then listed with the name of its scenario, so that a regular
    expression such as ``claims.*postgresql`` selects by it.
    """
    here = os.path.dirname(__file__)
    tests.addTests(loader.discover(here, pattern or 'test*.py', os.path.dirname(here)))
    _make_tests_of_import_errors(loader, tests)
    return loader.suiteClass(testscenarios.generate_scenarios(tests))


def _make_tests_of_import_errors(loader, tests):
    """Let a module that does not import be a test that fails.

    stestr would end the whole run instead, for those too who asked for another part of it.
    """
    for test in testtools.iterate_tests(tests):
        if isinstance(test, unittest.loader._FailedTest):
            test.id = f'{test._testMethodName}.import'.__str__
    loader.errors.clear()
