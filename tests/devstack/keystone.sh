#!/bin/bash
#
# Of the functions of DevStack (see functions.sh) those that ask Keystone, with the
# real "openstack" command.
#
# shellcheck shell=bash

function _openstack {
    openstack --os-cloud devstack-system-admin "$@"
}

# create_service_user NAME [ROLE]: it has the role "service", and this one.
function create_service_user {
    _record 1 2 "$@"
    _openstack user create "$1" --password "$SERVICE_PASSWORD" --or-show \
        --domain "$SERVICE_DOMAIN_NAME" -f value -c id
    local role
    for role in service $2; do
        _openstack role add "$role" --user "$1" --user-domain "$SERVICE_DOMAIN_NAME" \
            --project "$SERVICE_PROJECT_NAME" --project-domain "$SERVICE_DOMAIN_NAME"
    done
}

# get_or_add_user_system_role ROLE USER SYSTEM [DOMAIN-OF-USER]
function get_or_add_user_system_role {
    _record 3 4 "$@"
    _openstack role add "$1" --user "$2" --system "$3" ${4:+--user-domain "$4"}
    echo "$1"
}

# get_or_create_service NAME TYPE DESCRIPTION
function get_or_create_service {
    _record 3 3 "$@"
    _openstack service show "$2" -f value -c id 2>/dev/null ||
        _openstack service create "$2" --name "$1" --description "$3" -f value -c id
}

# get_or_create_endpoint SERVICE REGION PUBLIC-URL [ADMIN-URL] [INTERNAL-URL]
function get_or_create_endpoint {
    _record 3 5 "$@"
    local id interface
    local -A urls=([public]=$3 [admin]=$4 [internal]=$5)
    for interface in "${!urls[@]}"; do
        if [[ -n "${urls[$interface]}" ]]; then
            id=$(_openstack endpoint list --service "$1" --interface "$interface" --region "$2" \
                -f value -c ID)
            [[ -n "$id" ]] ||
                _openstack endpoint create "$1" "$interface" "${urls[$interface]}" --region "$2"
        fi
    done
}

# configure_keystone_authtoken_middleware FILE USER [SECTION]
function configure_keystone_authtoken_middleware {
    _record 2 3 "$@"
    local section=${3:-keystone_authtoken}
    iniset "$1" "$section" auth_type password
    iniset "$1" "$section" interface public
    iniset "$1" "$section" auth_url "$KEYSTONE_SERVICE_URI"
    iniset "$1" "$section" username "$2"
    iniset "$1" "$section" password "$SERVICE_PASSWORD"
    iniset "$1" "$section" user_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$1" "$section" project_name "$SERVICE_PROJECT_NAME"
    iniset "$1" "$section" project_domain_name "$SERVICE_DOMAIN_NAME"
    iniset "$1" "$section" cafile "$SSL_BUNDLE_FILE"
    iniset "$1" "$section" memcached_servers "$MEMCACHE_SERVERS"
}
