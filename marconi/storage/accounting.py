"""The part of the contract about what projects use."""

import abc


class Usage(abc.ABC):
    """What projects with limits use, in the control database.

    Each process adds what it posted and deleted some time after it did; a
    janitor counts now and then, because nobody tells of what expires or is
    purged, nor of what a killed process did.
    """

    @abc.abstractmethod
    def get(self, project):
        """Return the ``Usage`` of a project; None if none is kept.

        :returns: with ``counted`` false if a count was asked for and not begun.
        """

    @abc.abstractmethod
    def add(self, changes):
        """Add to the usage of projects; return {project: ``Usage``} after that.

        From now on it is kept for these projects; for those that are new, a
        count is due.

        :param changes: {project: (messages, bytes)}, any of them negative or 0.
        """

    @abc.abstractmethod
    def mark(self, project):
        """Let a count of the project be due at once, if its usage is kept."""

    @abc.abstractmethod
    def begin_count(self, asked):
        """Return the ``Count`` that is most overdue, or None; it has begun now.

        :param asked: one of those that ``mark`` asked for, or that are new;
            else one of those whose time is up.

        It stays due until it is finished, so that another janitor begins anew
        if this one dies. Two that begin at the same time get the same one.
        """

    @abc.abstractmethod
    def finish_count(self, count, messages, bytes, seconds):
        """Correct the usage by what was counted; the next count is due in ``seconds``.

        What was added since the count began stays added. If ``mark`` was
        called since, the next count is due at once; if another count of the
        project was finished since, this one is void.

        :param messages: how many there were when the count began, or None if
            that could not be found out: then nothing is corrected.
        """

    @abc.abstractmethod
    def forget(self, count):
        """Keep the usage of this project no longer."""
