"""Where to begin: the list of versions, and the home document of each."""

from marconi.api import home
from marconi.api import wire
from marconi.api.controllers import base


class Versions:
    """``/``: the same for everybody, whichever versions are served.

    These links are the only ones that begin with the path where a proxy has put the service.
    Clients that look for a version take them as they are (keystoneauth: what begins with a
    slash begins at the host); all other links they append to the endpoint.
    """

    def __init__(self, versions):
        self._versions = versions

    def show(self, request):
        mount = request.environ.get('SCRIPT_NAME', '')
        return wire.document(
            {'versions': [self._entry(version, mount) for version in self._versions]}, 300)

    # No policy here: whoever cannot tell yet which version to speak asks this.
    show.rule = None

    @staticmethod
    def _entry(version, mount):
        return {'id': version.id, 'status': version.status, 'updated': version.updated,
                'media-types': [{'base': 'application/json', 'type': version.media_type}],
                'links': [{'href': f'{mount}{version.path}/', 'rel': 'self'}]}


class Home(base.Controller):
    """``/v2/``"""

    def __init__(self, version, broker):
        super().__init__(version, broker)
        self._document = home.document(version.path, version.home)

    @base.action('home:get')
    def show(self, request):
        self.broker.health.home(request.context)
        return wire.Response(200, self._document,
                             [('Content-Type', 'application/json-home'),
                              ('Cache-Control', 'max-age=86400')])
