"""Several processes with several threads each, all using one database."""

import atexit
from concurrent import futures
import multiprocessing
import threading
import time

PROCESSES = 4
#: Seconds after which a worker that has not finished gives up, rather than hang.
PATIENCE = 120

_pools = []


def run(function, *args, threads=2, processes=PROCESSES, meanwhile=None):
    """Run ``function(number, *args)`` in that many threads of that many processes.

    The function is pickled by its name.

    :param meanwhile: called here, again and again, until they are done.
    :returns: the results, in the order of their numbers.
    """
    tasks = [_pool().submit(_run_threads, function, range(first, first + threads), args)
             for first in range(0, processes * threads, threads)]
    while meanwhile and not all(task.done() for task in tasks):
        meanwhile()
    return [result for task in tasks for result in task.result(PATIENCE)]


def run_threads(function, *args, threads=8):
    """The same in threads of this process alone."""
    return _run_threads(function, range(threads), args)


def elsewhere(function, *args):
    """The result of a function that runs in another process."""
    return _pool().submit(function, *args).result(PATIENCE)


class Patience:
    """Raises when something takes longer than any test may."""

    def __init__(self, seconds=PATIENCE):
        self._deadline = time.monotonic() + seconds

    def __call__(self):
        if time.monotonic() > self._deadline:
            raise TimeoutError('this takes too long')


def meet(numbers, place, count, patience):
    """Wait until ``count`` workers have come here, each marking a place of its own."""
    numbers[place] = 1
    while sum(numbers[other] for other in range(10, 10 + count)) < count:
        patience()
        time.sleep(0.001)


def _run_threads(function, numbers, args):
    results, errors = {}, []

    def work(number):
        try:
            results[number] = function(number, *args)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=work, args=[number]) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]
    return [results[number] for number in numbers]


def _pool():
    """Processes that have imported everything, for all tests of this process."""
    if not _pools:
        _pools.append(futures.ProcessPoolExecutor(
            PROCESSES, mp_context=multiprocessing.get_context('spawn')))
        atexit.register(_pools[0].shutdown, cancel_futures=True)
    return _pools[0]


# Threads of one worker process share a store, as those of a server process do.
_stores, _lock = {}, threading.Lock()


def shared_store(connect, numbers, clock=None):
    """The store of this process for the test whose shared numbers these are."""
    with _lock:
        if numbers.path not in _stores:
            for store in _stores.values():
                store.dispose()
            _stores.clear()
            _stores[numbers.path] = connect(clock=clock)
        return _stores[numbers.path]
