"""The list of services, kept by the processes themselves."""

import json
import subprocess
import sys

from tests.functional import base

INTERVAL = 'heartbeat_interval = 1'


class TestServices(base.FunctionalTest):

    def listed(self, service):
        """The rows of ``marconi-manage service list``."""
        return json.loads(subprocess.run(
            [sys.executable, '-m', 'marconi.cmd.manage', '--config-file', service.config,
             'service', 'list', '--json'], check=True, capture_output=True, timeout=60).stdout)

    def states(self, service):
        return sorted(row['state'] for row in self.listed(service))

    def test_processes_come_die_and_go(self):
        service = self.own_service(default=INTERVAL)
        self.until(lambda: self.states(service) == ['up', 'up'])
        killed = self.listed(service)[0]['pid']
        service.worker(killed).kill()
        self.until(lambda: self.states(service) == ['down', 'up', 'up'])
        self.assertEqual([killed], [row['pid'] for row in self.listed(service)
                                    if row['state'] == 'down'])
        service.stop()
        self.assertEqual(['down'], self.states(service))
