"""What was measured, and what follows from it by arithmetic."""

import dataclasses
import statistics


def percentile(ordered, share):
    """Return the smallest value that so many of them do not exceed (nearest rank).

    :param ordered: values in ascending order.
    :param share: in percent.
    """
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * share // 100) - 1)]


@dataclasses.dataclass
class Result:
    """One run. Rates are per second; p50, p95 and p99 in milliseconds, None without any."""

    scenario: str
    url: str
    round: int
    requests: float
    messages: float
    p50: float | None
    p95: float | None
    p99: float | None
    errors: int
    examples: list
    #: Claims that found nothing, in all.
    empty: int
    #: Messages, from the warm-up to the end.
    posted: int
    deleted: int
    #: By how many messages the server has more than before.
    left: int
    #: Processor time of the generator, as a share of one processor; and that of the whole
    #: machine on which it runs, the generator included (None if unknown).
    processor: float
    machine: float | None

    @classmethod
    def of(cls, scenario, url, number, seconds, left, counted):
        """Return what follows from the counts of ``load.merge``."""
        times = {f'p{share}': _milliseconds(percentile(counted['times'], share))
                 for share in (50, 95, 99)}
        machine = counted['machine']
        return cls(scenario, url, number, counted['requests'] / seconds,
                   counted['messages'] / seconds, **times, errors=counted['errors'],
                   examples=counted['examples'], empty=counted['empty'],
                   posted=counted['posted'], deleted=counted['deleted'], left=left,
                   processor=counted['processor'] / seconds,
                   machine=None if machine is None else machine / seconds)

    @property
    def astray(self):
        """Messages that the server has too many (or, negative, too few)."""
        return self.left - (self.posted - self.deleted)


def _milliseconds(seconds):
    return None if seconds is None else seconds * 1000


#: What is summed up over rounds by its median.
MEDIANS = ('requests', 'messages', 'p50', 'p95', 'p99', 'processor', 'machine')


def summary(runs):
    """Return {scenario: {url: {name: median over the rounds; "errors": sum}}}."""
    whole = {}
    for run in runs:
        whole.setdefault(run.scenario, {}).setdefault(run.url, []).append(run)
    return {scenario: {url: _median(rounds) for url, rounds in urls.items()}
            for scenario, urls in whole.items()}


def _median(rounds):
    values = {name: [getattr(run, name) for run in rounds if getattr(run, name) is not None]
              for name in MEDIANS}
    return {name: statistics.median(value) if value else None
            for name, value in values.items()} | {
                'errors': sum(run.errors for run in rounds)}


def ratios(runs, first, second):
    """Return {scenario: {name: median of first / second over the rounds}}.

    Of each round the two neighbours are compared, so that what changes slowly on the
    machine does not count. None where there is nothing to divide by.
    """
    by_round = {(run.scenario, run.round, run.url): run for run in runs}
    found = {}
    for (scenario, number, url), run in by_round.items():
        other = by_round.get((scenario, number, second))
        if url == first and other:
            for name in ('requests', 'messages', 'p50', 'p95', 'p99'):
                ours, theirs = getattr(run, name), getattr(other, name)
                values = found.setdefault(scenario, {}).setdefault(name, [])
                if ours is not None and theirs:
                    values.append(ours / theirs)
    return {scenario: {name: statistics.median(values) if values else None
                       for name, values in names.items()}
            for scenario, names in found.items()}
