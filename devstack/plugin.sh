#!/bin/bash
#
# devstack/plugin.sh - what DevStack calls: source plugin.sh MODE [PHASE]
#
# enable_plugin marconi URL-OF-THIS-REPOSITORY
#
# Every phase may be run again, and then leaves what it left the first time.
#
# shellcheck shell=bash

_XTRACE_MARCONI_PLUGIN=$(set +o | grep xtrace)
set +o xtrace

# shellcheck source=devstack/lib/marconi
source "$(dirname "${BASH_SOURCE[0]}")/lib/marconi"

if is_service_enabled marconi-api marconi-janitor; then
    case "$1 $2" in
        "stack install")
            echo_summary "Installing Marconi"
            install_marconi
            ;;
        "stack post-config")
            echo_summary "Configuring Marconi"
            configure_marconi
            ;;
        "stack extra")
            echo_summary "Starting Marconi"
            init_marconi
            start_marconi
            ;;
        "stack test-config")
            echo_summary "Configuring Tempest for Marconi"
            configure_tempest_for_marconi
            ;;
        "unstack "*)
            echo_summary "Stopping Marconi"
            stop_marconi
            ;;
        "clean "*)
            echo_summary "Cleaning up after Marconi"
            cleanup_marconi
            ;;
    esac
fi

$_XTRACE_MARCONI_PLUGIN
