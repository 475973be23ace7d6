"""RabbitMQ: one node, with an epmd of its own, and nothing beyond the loopback."""

import socket

from tests.servers import process

#: The distribution listens on the loopback; few threads, and none that waits by spinning.
ERLANG = '-noinput -kernel inet_dist_use_interface {127,0,0,1} +S 2:2 +A 4'
#: Who does not speak AMQP is told which version the server does.
WRONG_GREETING, ANSWER = b'AMQP\x09\x09\x09\x09', b'AMQP\x00\x00\x09\x01'


class Broker:
    """A RabbitMQ that somebody else runs for us."""

    def __init__(self, root_url):
        #: As oslo.messaging takes it.
        self.root_url = root_url


class RabbitMQ(process.Server):

    name = 'rabbitmq'
    accounts = ('rabbitmq', 'nobody')

    def __init__(self):
        super().__init__()
        self._epmd = None
        self._ports = {}

    @property
    def root_url(self):
        return f'rabbit://guest:guest@127.0.0.1:{self.port}/'

    @classmethod
    def missing(cls):
        if cls._program() and process.find_program(['epmd']):
            return None
        return 'no RabbitMQ is installed (on Debian: apt-get install rabbitmq-server)'

    @classmethod
    def announced(cls, root_url):
        return Broker(root_url)

    def command(self):
        variables = {
            'HOME': self.directory,  # for Erlang's cookie
            'ERL_EPMD_PORT': self._ports['epmd'],
            'RABBITMQ_ALLOW_INPUT': 'yes',  # be the node itself, not a shell that waits for it
            'RABBITMQ_CONF_ENV_FILE': self.path('environment'),  # like the next: there is none
            'RABBITMQ_CONFIG_FILE': self.path('configuration'),
            'RABBITMQ_DIST_PORT': self._ports['distribution'],
            'RABBITMQ_ENABLED_PLUGINS_FILE': self.path('plugins'),
            'RABBITMQ_LOGS': '-',
            'RABBITMQ_MNESIA_BASE': self.path('data'),
            'RABBITMQ_NODENAME': f'marconi-{self.port}@localhost',
            'RABBITMQ_NODE_IP_ADDRESS': '127.0.0.1',
            'RABBITMQ_NODE_PORT': self.port,
            'RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS': ERLANG,
        }
        return ['env', *(f'{name}={value}' for name, value in variables.items()), self._program()]

    def probe(self):
        with socket.create_connection(('127.0.0.1', self.port), 5) as connection:
            connection.sendall(WRONG_GREETING)
            assert connection.recv(8) == ANSWER

    def stop(self):
        super().stop()
        self._end_epmd()

    def kill(self):
        super().kill()
        self._end_epmd()

    def _launch(self):
        self._start_epmd()
        super()._launch()

    def _start_epmd(self):
        """Start the one whom nodes ask for each other.

        The node would start one itself, which would stay when the node has gone.
        """
        self._end_epmd()
        if self._ports.get('amqp') != self.port:
            self._ports = {'amqp': self.port, 'epmd': process.free_port(),
                           'distribution': process.free_port()}
        self._epmd = self._spawn([process.find_program(['epmd']), '-address', '127.0.0.1',
                                  '-port', str(self._ports['epmd'])])

    def _end_epmd(self):
        if self._epmd is not None:
            self._epmd.kill()
            self._epmd.wait()
            self._epmd = None

    @staticmethod
    def _program():
        # Not the one in PATH, which only root and its own user may run.
        return process.find_program(['rabbitmq-server'], ['/usr/lib/rabbitmq/bin'])
