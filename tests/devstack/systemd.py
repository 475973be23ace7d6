"""As much of systemd as DevStack uses, for tests on machines that have none."""

import configparser
import json
import os
import shlex
import signal
import socketserver
import threading

import psutil

from tests.servers import process

STOP_TIMEOUT = 30


class Systemd:
    """Does what scripts ask of it by ``client.py SOCKET VERB UNIT``."""

    def __init__(self, socket, directory, servers):
        """
        :param socket: the path to listen at.
        :param directory: where the units are.
        :param servers: {unit: tests.servers.process.Server}, for those that run already.
        """
        self._directory = directory
        self._servers = servers
        self._enabled = set()
        self.running = {}
        self._listener = socketserver.ThreadingUnixStreamServer(socket, self._handler())
        self._listener.daemon_threads = True
        threading.Thread(target=self._listener.serve_forever, daemon=True).start()

    def log(self):
        """What the units printed."""
        text = []
        for name in sorted(os.listdir(self._directory)):
            if name.endswith('.log'):
                with open(os.path.join(self._directory, name), errors='replace') as file:
                    text.append(f'--- {name}\n{file.read()}')
        return '\n'.join(text)

    def close(self):
        self._listener.shutdown()
        self._listener.server_close()
        for unit in list(self.running):
            process.kill_all(self._family(unit))

    def _handler(self):
        verbs = {'enable': self._enable, 'disable': self._disable, 'start': self._start,
                 'is-enabled': self._is_enabled, 'stop': self._stop, 'restart': self._restart}

        class Handler(socketserver.StreamRequestHandler):

            def handle(self):
                verb, unit = json.loads(self.rfile.readline())
                code = verbs[verb](unit) or 0
                self.wfile.write(json.dumps((code, '', '')).encode() + b'\n')

        return Handler

    def _enable(self, unit):
        self._enabled.add(unit)

    def _disable(self, unit):
        self._enabled.discard(unit)

    def _is_enabled(self, unit):
        return 0 if unit in self._enabled else 1

    def _start(self, unit):
        if unit in self.running and self.running[unit].poll() is None:
            return
        path = os.path.join(self._directory, unit)
        service = configparser.RawConfigParser()
        service.read(path)
        environment = dict(word.split('=', 1) for word in shlex.split(
            service.get('Service', 'Environment', fallback='')))
        with open(f'{path}.log', 'ab') as log:
            self.running[unit] = process.spawn(
                shlex.split(service.get('Service', 'ExecStart')), signal.SIGTERM,
                env=os.environ | environment, stdout=log, stderr=log, start_new_session=True)

    def _stop(self, unit):
        if unit not in self.running:
            return
        family = self._family(unit)
        self.running[unit].terminate()
        self.running.pop(unit).wait(STOP_TIMEOUT)
        left = psutil.wait_procs(family, STOP_TIMEOUT)[1]
        process.kill_all(left)
        if left:
            raise AssertionError(f'{unit} leaves processes behind: {left}')

    def _restart(self, unit):
        self._servers[unit].restart()

    def _family(self, unit):
        try:
            parent = psutil.Process(self.running[unit].pid)
            return [parent, *parent.children(recursive=True)]
        except psutil.NoSuchProcess:
            return []
