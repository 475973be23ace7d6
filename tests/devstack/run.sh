#!/bin/bash
#
# run.sh MODE [PHASE]: as stack.sh, unstack.sh or clean.sh, call one phase of the plugin.

set -o errexit

for file in functions keystone apache; do
    # shellcheck source=/dev/null
    source "$TESTS/$file.sh"
done
# shellcheck source=devstack/settings
source "$PLUGIN/devstack/settings"
# shellcheck source=devstack/plugin.sh
source "$PLUGIN/devstack/plugin.sh" "$@"
