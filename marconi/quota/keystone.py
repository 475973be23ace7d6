"""Unified limits, as Keystone tells them.

The options are oslo.limit's. Its ``Enforcer`` is not used: it belongs to one global
configuration, asks Keystone several times whenever a project has no limits of its own,
and never notices that a limit has changed.
"""

import functools
import time

from keystoneauth1 import exceptions
from keystoneauth1 import loading
from oslo_config import cfg

from marconi.conf import unified_limits
from marconi import exception
from marconi import quota


class UnifiedLimits:
    """Asks Keystone; call it with a project."""

    def __init__(self, conf, lifetime, clock=time.monotonic):
        """
        :param lifetime: for how many seconds what is registered is remembered.
        :raises cfg.Error: the options do not tell how to reach Keystone.
        """
        unified_limits.register_opts(conf)
        group = unified_limits.GROUP
        self._options = conf[group]
        if not (self._options.auth_type or self._options.auth_section):
            raise cfg.Error(
                f'[quota] driver is keystone, but [{group}] has no auth_type: set up the '
                'access to Keystone, or choose driver = config.')
        try:
            auth = loading.load_auth_from_conf_options(conf, group)
            session = loading.load_session_from_conf_options(conf, group, auth=auth)
            self._keystone = loading.load_adapter_from_conf_options(
                conf, group, session=session, auth=auth, service_type='identity',
                min_version='3', max_version='3.latest')
        except exceptions.ClientException as error:
            raise cfg.Error(f'[{group}]: {error}') from error
        self._whose = functools.cache(self._find_service)
        self._lifetime = lifetime
        self._clock = clock
        self._registered = {}, float('-inf')

    def __call__(self, project):
        """Return the ``Limits`` of a project.

        What is registered holds unless the project has its own. What is not registered
        is limited to 0, as oslo.limit has it.

        :raises LimitsUnavailable: Keystone does not answer, or not as it should.
        """
        try:
            found = dict.fromkeys(quota.RESOURCES, 0) | self._defaults() | self._own(project)
            return quota.Limits(**{name: found[name] for name in quota.RESOURCES})
        except (exceptions.ClientException, ValueError, KeyError) as error:
            # The last two: something answers that is no Keystone.
            raise exception.LimitsUnavailable(reason=error) from error

    def _defaults(self):
        """Return {resource: limit}, as registered."""
        found, asked = self._registered
        now = self._clock()
        if now - asked >= self._lifetime:
            found = {limit['resource_name']: limit['default_limit']
                     for limit in self._get('registered_limits', **self._whose())}
            self._registered = found, now
        return found

    def _own(self, project):
        """Return {resource: limit} of those that the project has for itself."""
        if not project:  # v1's project without a name; the filter would be none
            return {}
        try:
            return {limit['resource_name']: limit['resource_limit']
                    for limit in self._get('limits', project_id=project, **self._whose())}
        except exceptions.BadRequest:  # what nobody can have given a limit
            return {}

    def _find_service(self):
        """Return the filters for the limits of this service in this region."""
        options = self._options
        if options.endpoint_id:
            url = f'/endpoints/{options.endpoint_id}'
            endpoint = self._keystone.get(url).json()['endpoint']
        else:
            service = self._only('services', type=options.endpoint_service_type,
                                 name=options.endpoint_service_name)
            endpoint = self._only('endpoints', service_id=service['id'],
                                  region_id=options.endpoint_region_name,
                                  interface=options.endpoint_interface.removesuffix('URL'))
        return {'service_id': endpoint['service_id'], 'region_id': endpoint['region_id']}

    def _only(self, kind, **filters):
        found = self._get(kind, **filters)
        if len(found) != 1:
            wanted = ', '.join(f'{name} {value}' for name, value in filters.items() if value)
            raise exception.LimitsUnavailable(
                reason=f'Keystone has {len(found)} {kind} with {wanted}: there must be one')
        return found[0]

    def _get(self, kind, **filters):
        filters = {name: value for name, value in filters.items() if value is not None}
        return self._keystone.get(f'/{kind}', params=filters).json()[kind]
