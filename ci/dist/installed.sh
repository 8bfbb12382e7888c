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
work=$(mktemp -d "${TMPDIR:-/tmp}/installed-XXXXXX")

# All that runs inside ends before the root is removed; its mounts are those of a namespace
# that ends with it, and --one-file-system keeps out of any that is left.
clean() {
	[ -z "$inside" ] || { kill -KILL "$inside" && wait "$inside"; } 2>/dev/null || true
	rm -rf --one-file-system "$work" || { sleep 1; rm -rf --one-file-system "$work"; }
}
inside=''
trap clean EXIT
trap 'exit 143' TERM
trap 'exit 130' INT
chmod 755 "$work"

"$repo/ci/root.sh" "$suite" "$work/root" mount man-db
mkdir "$work/root/dist"
mapfile -t settings < <(env | grep -E '^(https?_proxy|HTTPS?_PROXY|BPFLAB_DEBIAN_MIRROR)=' || true)

export root=$work/root dist
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork --kill-child bash -euc '
	mount --bind "$root" "$root"
	mount --bind -o ro "$dist" "$root/dist"
	mount -t proc proc "$root/proc"
	mount -t sysfs sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmp "$root/tmp"
	exec chroot "$root" env -i "$@"
' installed "${settings[@]}" HOME=/root TERM=dumb DEBIAN_FRONTEND=noninteractive PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
	bash -euc "apt-get update -qq && apt-get install -qq -y --no-install-recommends /dist/bpflab_*_\$(dpkg --print-architecture).deb >/tmp/apt.log 2>&1 || { tail /tmp/apt.log; exit 1; }
	$then" <&0 &
inside=$!
status=0
wait "$inside" || status=$?
inside=''
exit "$status"
