#!/usr/bin/env bash
# Runs a command in a clean clone of this repository inside a bare system: nothing is
# installed there but what the README asks for (git, make, Go), the caches are empty,
# and Node, QEMU and clang are the distribution's own. So it sees what a newcomer sees.
#
#   ci/bare.sh 'make lab-hello && make test'
#   SUITE=trixie-backports ci/bare.sh 'make lab-hello'
#   SUITE=sid OUT=results ci/bare.sh 'bin/bpflab doctor >/out/doctor'
#
# SUITE is one that ci/root.sh knows, this machine's own if not set. OUT is a directory of
# this machine that is /out in there. Needs root and apt. Settings of the Go proxy and of
# npm, certificates and apt's mirror are this machine's, as is Go's module cache; all else
# is removed at the end. Exits 3 where the suite cannot be had, else as the command does.
set -euo pipefail

repo=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
suite=${SUITE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
goroot=$(go env GOROOT)
modules=$(go env GOMODCACHE)

. "$repo/ci/enter.sh"
root=$work/system out=${OUT:-$work/out}
mkdir -p "$out" "$modules"
out=$(cd "$out" && pwd)

"$repo/ci/root.sh" "$suite" "$root" git make mount
[ ! -f ~/.npmrc ] || cp ~/.npmrc "$root/root/"

# What names proxies and registries; nothing else of the environment comes along.
mapfile -t settings < <(env | grep -E '^(GOPROXY|GOSUMDB|GONOSUMDB|GOFLAGS|https?_proxy|HTTPS?_PROXY|npm_config_[a-z_]*|FUZZTIME)=' || true)

# A system that is not Debian has no apt sources to fetch kernels from.
mirror() {
	local all
	all=$(awk '$1 == "URIs:" { print $2 }' /etc/apt/sources.list.d/debian.sources 2>/dev/null) || return 0
	grep -v security <<<"$all" | head -n 1
	grep security <<<"$all" | head -n 1
}
mirrors=${BPFLAB_DEBIAN_MIRROR:-$(mirror | paste -sd,)}
if [ "$(. "$root/etc/os-release" && echo "$ID")" != debian ] && [ -n "$mirrors" ]; then
	settings+=("BPFLAB_DEBIAN_MIRROR=$mirrors")
fi

enter "$root" "$goroot:$goroot" "$modules:$modules" "$repo:/src" "$out:/out" -- \
	"${settings[@]}" HOME=/root TERM=dumb GOMODCACHE="$modules" NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt \
	PATH="$goroot/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
	bash -euc "git config --global --add safe.directory '*' && git clone -q /src /root/bpflab && cd /root/bpflab && $*"
