import os

import testscenarios


def load_tests(loader, tests, pattern):
    """Discover everything below, with the scenarios of each test made out.

    Every test is then listed with the name of its scenario, so that a regular
    expression such as ``claims.*postgresql`` selects by it.
    """
    here = os.path.dirname(__file__)
    tests.addTests(loader.discover(here, pattern or 'test*.py', os.path.dirname(here)))
    return loader.suiteClass(testscenarios.generate_scenarios(tests))
