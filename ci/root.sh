#!/usr/bin/env bash
# Makes the root file system of a distribution, with signatures checked:
#
#   ci/root.sh SUITE DIR [PACKAGE...]
#
# SUITE is a suite of Debian (bookworm, trixie, sid), one of Debian's backports
# (trixie-backports: the release, with all that is newer there), or a release of Ubuntu (noble).
# Needs root and apt. Exits 3 where the suite cannot be had.
set -euo pipefail

suite=$1 dir=$2
shift 2
base=${suite%-backports}
here=$(. /etc/os-release && echo "$VERSION_CODENAME")
export DEBIAN_FRONTEND=noninteractive

die() {
	printf 'root: %s\n' "$*" >&2
	exit 3
}

# A machine's package lists may be older than its mirror.
need() {
	apt-get install -qq -y --no-install-recommends "$@" >/dev/null 2>&1 ||
		{ apt-get update -qq && apt-get install -qq -y --no-install-recommends "$@" >/dev/null; }
}

is_ubuntu() { cut -d, -f3 /usr/share/distro-info/ubuntu.csv | grep -qx "$base"; }

# Debian signs the package that has Ubuntu's keys, from 13 on. The directory is one that
# apt's own user can read.
ubuntu_keyring() {
	mmdebstrap --quiet --variant=extract --include=ubuntu-keyring trixie "$work/keys" >/dev/null 2>"$work/log" ||
		die "Ubuntu's keys cannot be had: $(tail -n 1 "$work/log")"
	install -m 644 "$work/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg" "$work/"
	echo "$work/ubuntu-archive-keyring.gpg"
}

# Takes what there is from the suite's backports, as apt-get -t does.
add_backports() {
	echo "deb $1 $suite main" >"$dir/etc/apt/sources.list.d/backports.list"
	printf 'Package: *\nPin: release n=%s\nPin-Priority: 500\n' "$suite" >"$dir/etc/apt/preferences.d/backports"
}

# The machine's own sources, where they are of that release.
add_sources() {
	local own=/etc/apt/sources.list.d/debian.sources
	[ "$base" = "$here" ] && [ -s "$own" ] || return 0
	cp "$own" "$dir/etc/apt/sources.list.d/debian.sources"
	: >"$dir/etc/apt/sources.list"
}

command -v mmdebstrap >/dev/null || need mmdebstrap
[ -f /usr/share/distro-info/ubuntu.csv ] || need distro-info-data
work=$(mktemp -d /tmp/root-XXXXXX)
trap 'rm -rf --one-file-system "$work"' EXIT
chmod 755 "$work"

# The release files of development suites and of backports end after a week, and a mirror
# may stand still for longer than that.
options=(--quiet --variant=apt '--aptopt=Acquire::Check-Valid-Until "false"')
if is_ubuntu; then options+=(--components=main,universe "--keyring=$(ubuntu_keyring)"); fi

# shellcheck disable=SC2046 # words
mmdebstrap "${options[@]}" --include="$(IFS=,; echo "ca-certificates${*:+,}$*")" "$base" "$dir" >/dev/null 2>"$work/log" ||
	die "no root of $suite could be made: $(grep -E '^(E|Err)' "$work/log" | head -n 2 | tr '\n' ' ')"
mirror=$(awk '$1 == "deb" { print $2; exit }' "$dir/etc/apt/sources.list")
add_sources
if [ "$suite" != "$base" ]; then add_backports "$mirror"; fi
cp /etc/resolv.conf /etc/hosts "$dir/etc/"
mkdir -p "$dir/usr/local/share/ca-certificates"
cp -a /usr/local/share/ca-certificates/. "$dir/usr/local/share/ca-certificates/"
chroot "$dir" update-ca-certificates >/dev/null 2>&1
