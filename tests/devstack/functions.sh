#!/bin/bash
#
# The few functions of DevStack that the plugin calls, as its stack.sh would have
# them: the same names, arguments and results, as far as the plugin can tell.
#
# Seen at: functions-common, inc/ini-config, inc/python, lib/apache, lib/database,
# lib/keystone and lib/rpc_backend of DevStack 2025.1 and later, where uWSGI is told
# a module and write_uwsgi_config takes five arguments.
#
# Each call is recorded in the file RECORD. What can be done in a directory of our
# own (HOST) and with the servers of the tests is done; packages are not installed.
#
# shellcheck shell=bash

# _record MINIMUM MAXIMUM ARGUMENT...: of the function that calls it.
function _record {
    local least=$1 most=$2
    shift 2
    [[ $# -ge $least && $# -le $most ]] ||
        die "$LINENO" "${FUNCNAME[1]} has $least to $most arguments, not $#: $*"
    echo "${FUNCNAME[1]} $*" >>"$RECORD"
}

# Running and saying
# ------------------

function sudo {
    "$@"
}

# die LINE MESSAGE...
function die {
    echo "[ERROR] line $1: ${*:2}" >&2
    exit 1
}

# echo_summary MESSAGE...
function echo_summary {
    _record 1 9 "$@"
}

# trueorfalse DEFAULT NAME-OF-VARIABLE
function trueorfalse {
    case "${!2}" in
        1 | [Yy]es | YES | [Tt]rue | TRUE) echo True ;;
        0 | [Nn]o | NO | [Ff]alse | FALSE) echo False ;;
        *) echo "$1" ;;
    esac
}

# Services
# --------

# enable_service SERVICE...
function enable_service {
    local service
    for service in "$@"; do
        if [[ ",$DISABLED_SERVICES,$ENABLED_SERVICES," != *",$service,"* ]]; then
            ENABLED_SERVICES+=",$service"
        fi
    done
}

# is_service_enabled SERVICE...: whether any of them is.
function is_service_enabled {
    local service
    for service in "$@"; do
        if [[ ",$ENABLED_SERVICES," == *",$service,"* ]]; then
            return 0
        fi
    done
    return 1
}

# Programs that tests/devstack/openstack.py and systemd.py stand in for.
function openstack {
    "$PYTHON" -S -E "$TESTS/client.py" "$OPENSTACK_SOCKET" "$@"
}

function systemctl {
    "$PYTHON" -S -E "$TESTS/client.py" "$SYSTEMD_SOCKET" "$@"
}

# run_process SERVICE COMMAND [GROUP] [USER] [ENVIRONMENT]
function run_process {
    _record 2 5 "$@"
    if ! is_service_enabled "$1"; then
        return
    fi
    local unit="$SYSTEMD_DIR/devstack@$1.service"
    local words=$2
    [[ "$words" == /* ]] || die $LINENO "$words has no absolute path"
    if [[ "$words" == *uwsgi* ]]; then
        words+=" --venv $DEVSTACK_VENV"
    fi
    iniset -sudo "$unit" Service ExecStart "$words"
    if [[ -n "$5" ]]; then
        iniset -sudo "$unit" Service Environment "$5"
    fi
    systemctl enable "devstack@$1.service"
    systemctl start "devstack@$1.service"
}

# stop_process SERVICE
function stop_process {
    _record 1 1 "$@"
    if is_service_enabled "$1" && systemctl is-enabled "devstack@$1.service"; then
        systemctl stop "devstack@$1.service"
        systemctl disable "devstack@$1.service"
    fi
}

# wait_for_service SECONDS URL: until somebody else than the proxy answers.
function wait_for_service {
    _record 2 2 "$@"
    local end status
    end=$((SECONDS + $1))
    while true; do
        status=$(curl --noproxy '*' -k -s -o /dev/null -w '%{http_code}' "$2") || true
        if [[ "$status" != 000 && "$status" != 503 ]]; then
            return 0
        elif [[ $SECONDS -gt $end ]]; then
            return 1
        fi
        sleep 0.1
    done
}

# Packages
# --------

# setup_develop DIRECTORY [EXTRAS]
function setup_develop {
    _record 1 2 "$@"
    local extra
    for extra in ${2//,/ }; do
        grep -q "^$extra =\$" "$1/setup.cfg" || die $LINENO "There is no extra $extra"
    done
}

# pip_install_gr PACKAGE
function pip_install_gr {
    _record 1 1 "$@"
}

# git_clone URL DIRECTORY BRANCH: does nothing where something is.
function git_clone {
    _record 3 3 "$@"
    mkdir -p "$2"
}

function get_python_exec_prefix {
    dirname "$PYTHON"
}

# Files
# -----

# iniset [-sudo] FILE SECTION OPTION VALUE
function iniset {
    if [[ "$1" == -sudo ]]; then
        shift
    fi
    [[ $# -eq 4 ]] || die $LINENO "iniset has 4 arguments, not $#: $*"
    touch "$1"
    local lines
    lines=$(section="[$2]" option=$3 line="$3 = $4" awk '
        BEGIN { section = ENVIRON["section"]; option = ENVIRON["option"]; line = ENVIRON["line"] }
        here && !done && ($0 ~ /^\[/ || $1 == option) {
            print line
            done = 1
            if ($1 == option) next
        }
        { print }
        /^\[/ { here = $0 == section }
        END {
            if (!done && !here) print section
            if (!done) print line
        }' "$1")
    echo "$lines" >"$1"
}

# setup_logging FILE [SECTION]
function setup_logging {
    _record 1 2 "$@"
    iniset "$1" DEFAULT logging_context_format_string \
        "%(levelname)s %(name)s [%(global_request_id)s %(request_id)s %(project_id)s] %(message)s"
}

# The database
# ------------

# recreate_database NAME
function recreate_database {
    _record 1 1 "$@"
    if [[ "$DATABASE_TYPE" == postgresql ]]; then
        dropdb -h "$DATABASE_HOST" -U "$DATABASE_USER" --if-exists "$1"
        createdb -h "$DATABASE_HOST" -U "$DATABASE_USER" -l C -T template0 -E utf8 "$1"
    else
        mysql -u "$DATABASE_USER" -h "$DATABASE_HOST" -e "DROP DATABASE IF EXISTS $1;"
        mysql -u "$DATABASE_USER" -h "$DATABASE_HOST" -e "CREATE DATABASE $1 CHARACTER SET utf8;"
    fi
}

# database_connection_url NAME
function database_connection_url {
    _record 1 1 "$@"
    if [[ "$DATABASE_TYPE" == postgresql ]]; then
        echo "$BASE_SQL_CONN/$1?client_encoding=utf8"
    else
        echo "$BASE_SQL_CONN/$1?charset=utf8"
    fi
}

# RabbitMQ
# --------

# iniset_rpc_backend PACKAGE FILE [SECTION] [VIRTUAL-HOST]
function iniset_rpc_backend {
    _record 2 4 "$@"
    if is_service_enabled rabbit; then
        iniset "$2" "${3:-DEFAULT}" transport_url "$TRANSPORT_URL/$4"
    fi
}
