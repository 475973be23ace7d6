"""The options of oslo.limit: how to reach Keystone, and which service's limits are ours.

They are registered by who uses them: without Keystone nobody needs to load it.
"""

from keystoneauth1 import loading
from oslo_limit import opts as oslo_limit

GROUP = 'oslo_limit'
#: Those that are oslo.limit's own; the others are of keystoneauth.
OURS = ('endpoint_id', 'endpoint_service_name', 'endpoint_service_type',
        'endpoint_region_name', 'endpoint_interface')

DEFAULTS = {
    # Registered limits are those of this service.
    'endpoint_service_type': 'messaging',
    # A request may have to wait for the answer; without this, for ever.
    'timeout': 5,
}


def register_opts(conf):
    [(_, options)] = oslo_limit.list_opts()
    # NOTE: oslo.limit's own function registers most of them in the global configuration, and
    # there is none here.
    conf.register_opts([option for option in options if option.dest in OURS], group=GROUP)
    loading.register_session_conf_options(conf, GROUP)
    loading.register_adapter_conf_options(conf, GROUP, include_deprecated=False)
    loading.register_auth_conf_options(conf, GROUP)
    for name, value in DEFAULTS.items():
        conf.set_default(name, value, GROUP)
