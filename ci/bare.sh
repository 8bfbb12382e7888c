#!/usr/bin/env bash
# Runs a command in a clean clone of this repository inside a bare Debian: nothing is
# installed there but what the README asks for (git, make, Go), the caches are empty,
# and Node, QEMU and clang are the distribution's own. So it sees what a newcomer sees.
#
#   ci/bare.sh 'make lab-hello && make test'
#   SUITE=trixie ci/bare.sh 'make lab-hello'
#
# Needs root and apt. Settings of the Go proxy and of npm, certificates and apt's mirror
# are this machine's, as is Go's module cache; all else is removed at the end.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
goroot=$(go env GOROOT)
modules=$(go env GOMODCACHE)

export DEBIAN_FRONTEND=noninteractive
command -v mmdebstrap >/dev/null || apt-get install -qq -y --no-install-recommends mmdebstrap >/dev/null ||
	{ apt-get update -qq && apt-get install -qq -y --no-install-recommends mmdebstrap >/dev/null; }
root=$(mktemp -d "${TMPDIR:-/tmp}/bare-XXXXXX")
trap 'rm -rf --one-file-system "$root"' EXIT

# Prints the apt sources for the suite: this machine's own where it is of that suite.
sources() {
	if [ "$suite" = "$(. /etc/os-release && echo "$VERSION_CODENAME")" ] && [ -s /etc/apt/sources.list.d/debian.sources ]; then
		cat /etc/apt/sources.list.d/debian.sources
	fi
}

mmdebstrap --quiet --variant=apt --include=git,make,ca-certificates,mount "$suite" "$root" >/dev/null 2>&1 || {
	echo "bare: mmdebstrap could not make a root of Debian $suite" >&2
	exit 3
}
if [ -n "$(sources)" ]; then
	sources >"$root/etc/apt/sources.list.d/debian.sources"
	: >"$root/etc/apt/sources.list"
fi
cp /etc/resolv.conf /etc/hosts "$root/etc/"
mkdir -p "$root$goroot" "$root$modules" "$root/src" "$root/usr/local/share/ca-certificates"
cp -a /usr/local/share/ca-certificates/. "$root/usr/local/share/ca-certificates/"
chroot "$root" update-ca-certificates >/dev/null 2>&1
[ ! -f ~/.npmrc ] || cp ~/.npmrc "$root/root/"

# What names proxies and registries; nothing else of the environment comes along.
mapfile -t settings < <(env | grep -E '^(GOPROXY|GOSUMDB|GONOSUMDB|GOFLAGS|https?_proxy|HTTPS?_PROXY|npm_config_[a-z_]*|FUZZTIME)=' || true)

export repo root goroot modules
# shellcheck disable=SC2016 # expanded by the inner shell
unshare --mount --pid --fork bash -euc '
	mount --bind "$root" "$root"
	mount --bind "$goroot" "$root$goroot"
	mount --bind "$modules" "$root$modules"
	mount --bind "$repo" "$root/src"
	mount -t proc proc "$root/proc"
	mount -t sysfs sys "$root/sys"
	mount --rbind /dev "$root/dev"
	mount -t tmpfs tmp "$root/tmp"
	exec chroot "$root" env -i "$@"
' bare "${settings[@]}" HOME=/root TERM=dumb GOMODCACHE="$modules" NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
	PATH="$goroot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
	bash -euc "git config --global --add safe.directory '*' && git clone -q /src /root/bpflab && cd /root/bpflab && $*"
