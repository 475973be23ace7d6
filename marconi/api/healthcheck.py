"""GET /healthcheck: oslo.middleware's health check, with a look at the database.

It is in front of everything else, so it needs no token and no header.
"""

from oslo_log import log
from oslo_middleware import healthcheck
from oslo_middleware.healthcheck import pluginbase
from stevedore import extension

from marconi import exception

LOG = log.getLogger(__name__)

PATH = '/healthcheck'


class Healthcheck:
    """Answers for the path, and hands on all else.

    The database is always asked. The option ``[healthcheck] backends`` adds the checks that
    come with oslo.middleware, such as disable_by_file.
    """

    def __init__(self, app, conf, readiness):
        """
        :param readiness: ``core.readiness.Readiness``.
        """
        self._app = app
        # What its other options let nobody see is a path like any other, and not found.
        self._check = healthcheck.Healthcheck(app, conf)
        # Not by an entry point: a plugin is given nothing but options, and would have to
        # open connections of its own.
        self._check._backends.extensions.append(extension.Extension(
            'database', None, Database, Database(readiness)))

    def __call__(self, environ, start_response):
        ours = environ['PATH_INFO'] == PATH
        return (self._check if ours else self._app)(environ, start_response)


class Database(pluginbase.HealthcheckBaseExtension):
    """Whether the database with the catalogue answers."""

    def __init__(self, readiness):
        self._readiness = readiness

    def healthcheck(self, server_port):
        try:
            self._readiness.check()
        except exception.StorageUnavailable as error:
            LOG.warning('The health check fails: %s', error)
            return pluginbase.HealthcheckResult(False, 'DATABASE DOES NOT ANSWER', str(error))
        return pluginbase.HealthcheckResult(True, 'OK')
