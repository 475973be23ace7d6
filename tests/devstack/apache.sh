#!/bin/bash
#
# Of the functions of DevStack (see functions.sh) those that put uWSGI behind Apache:
# a real one, whose sites are in APACHE_CONF_DIR.
#
# shellcheck shell=bash

# write_uwsgi_config FILE MODULE:VARIABLE PATH [HTTP-ADDRESS] [NAME]
function write_uwsgi_config {
    _record 3 5 "$@"
    local file=$1 name=$5 socket="$UWSGI_SOCKET_DIR/$5.socket"
    [[ "$2" =~ ^[a-zA-Z0-9_.]+:[a-zA-Z0-9_]+$ && -z "$4" && -n "$5" ]] ||
        die $LINENO "This way of serving is not known here: $*"
    rm -rf "$file"
    _uwsgi module "$2"
    _uwsgi processes "$API_WORKERS"
    _uwsgi master true
    _uwsgi die-on-term true
    _uwsgi exit-on-reload false
    _uwsgi worker-reload-mercy "$WORKER_TIMEOUT"
    _uwsgi enable-threads true
    _uwsgi plugins http,python3
    _uwsgi thunder-lock true
    _uwsgi hook-master-start "unix_signal:15 gracefully_kill_them_all"
    _uwsgi buffer-size 65535
    _uwsgi add-header "Connection: close"
    _uwsgi lazy-apps true
    _uwsgi socket "$socket"
    _uwsgi chmod-socket 666
    echo "ProxyPass \"$3\" \"unix:$socket|uwsgi://uwsgi-uds-$name\" retry=0" |
        tee -a "$(apache_site_config_for "$name")"
    restart_apache_server
}

function _uwsgi {
    iniset "$file" uwsgi "$1" "$2"
}

# remove_uwsgi_config FILE NAME
function remove_uwsgi_config {
    _record 2 2 "$@"
    local site="$APACHE_CONF_DIR/$2.conf"
    rm -rf "$1"
    # As on Fedora and SUSE; on Ubuntu a link goes, and the file stays.
    if [[ -e "$site" ]]; then
        mv "$site" "$site.disabled"
    fi
}

# apache_site_config_for SITE
function apache_site_config_for {
    local site="$APACHE_CONF_DIR/$1.conf"
    if [[ -e "$site.disabled" ]]; then
        site+=.disabled
    fi
    echo "$site"
}

function restart_apache_server {
    _record 0 0
    systemctl restart apache2
}
