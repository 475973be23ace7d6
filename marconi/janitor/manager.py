"""What API processes may ask of a janitor, over the message bus."""

from oslo_log import log

LOG = log.getLogger(__name__)


class Manager:
    """The methods that ``rpc.janitors.JanitorAPI`` calls; its docstring has their versions."""

    def __init__(self, service):
        self._service = service

    def hint(self, context, sweep):
        """Run a sweep now instead of after its rest.

        :param sweep: its name. Others than ours may know more names than we do.
        """
        if not self._service.wake(sweep):
            LOG.debug('There is no sweep %s to hurry', sweep)
