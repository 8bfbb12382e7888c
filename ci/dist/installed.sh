#!/usr/bin/env bash
# Installs the .deb of a release in a bare root of a distribution, with the packages that it
# depends on, and runs the first lab there, as a user would:
#
#   ci/dist/installed.sh SUITE DIST ['COMMAND']
#
# SUITE is one that ci/root.sh knows, DIST the directory of `make dist`. Needs root and apt.
# Exits 3 where the suite cannot be had, else as the command does.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
suite=$1 dist=$(cd "$2" && pwd)
then=${3:-bpflab version && man -w bpflab-run && bpflab doctor && bpflab run hello --kernel 6.1}
. "$repo/ci/enter.sh"

"$repo/ci/root.sh" "$suite" "$work/root" mount man-db
mapfile -t settings < <(env | grep -E '^(https?_proxy|HTTPS?_PROXY|BPFLAB_DEBIAN_MIRROR)=' || true)

enter "$work/root" "$dist:/dist" -- "${settings[@]}" HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive \
	PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	bash -euc "apt-get update -qq && apt-get install -qq -y --no-install-recommends /dist/bpflab_*_\$(dpkg --print-architecture).deb >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }
	$then"
