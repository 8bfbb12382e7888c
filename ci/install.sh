#!/bin/sh
# Installs a release of bpflab: fetches the archive for this system, checks it against the
# release's SHA256SUMS, and puts the program where it is found.
#
#   curl -fsSL https://github.com/bpflab/bpflab/releases/latest/download/install.sh | sh
#   sh install.sh --to ~/bin --version v0.2.0
#   sh install.sh --from ./dist            # files that were fetched before
#
# The proxy is that of the environment (https_proxy, HTTPS_PROXY). Nothing is changed before
# the digest is right, and an installation that is interrupted leaves what was there.
set -eu

version=latest
to=
from=
base=https://github.com/bpflab/bpflab/releases

die() {
	printf 'install: %s\n' "$*" >&2
	exit 1
}

usage() {
	printf 'usage: install.sh [--version vX.Y.Z] [--to DIRECTORY] [--from DIRECTORY|URL]\n'
}

while [ $# -gt 0 ]; do
	case $1 in
	--version | --to | --from)
		[ $# -gt 1 ] && [ -n "$2" ] || die "$1 wants a value"
		case $1 in --version) version=$2 ;; --to) to=$2 ;; --from) from=$2 ;; esac
		shift 2
		;;
	-h | --help)
		usage
		exit 0
		;;
	*) die "no option $1; $(usage)" ;;
	esac
done

case $version in latest | v[0-9]*.[0-9]*.[0-9]*) ;; *) die "$version is no version: want for example v0.2.0" ;; esac

case $(uname -s) in
Linux) system=linux ;;
Darwin) system=darwin ;;
*) die "there is no release for $(uname -s): fetch the .zip for Windows by hand, or build it (CONTRIBUTING.md)" ;;
esac
case $(uname -m) in
x86_64 | amd64) arch=amd64 ;;
aarch64 | arm64) arch=arm64 ;;
*) die "there is no release for the processor $(uname -m): build it (CONTRIBUTING.md)" ;;
esac

# Where the user may write, and what PATH has.
if [ -z "$to" ]; then
	to=/usr/local/bin
	[ -w "$to" ] || to=$HOME/.local/bin
fi
mkdir -p "$to" 2>/dev/null || die "$to cannot be made: name a directory that can be written, with --to"
[ -w "$to" ] || die "$to cannot be written: name another directory with --to, or run this as root"

work=$(mktemp -d "$to/.bpflab-install-XXXXXX")
trap 'rm -rf "$work"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

fetch() { # NAME
	case ${from:-$base} in
	http://* | https://*)
		if command -v curl >/dev/null 2>&1; then
			curl -fsSL --retry 3 -o "$work/$1" "$url/$1"
		elif command -v wget >/dev/null 2>&1; then
			wget -q -O "$work/$1" "$url/$1"
		else
			die "neither curl nor wget is installed"
		fi || die "$url/$1 cannot be fetched: is there a network? behind a proxy, set https_proxy"
		;;
	*) cp "$from/$1" "$work/$1" || die "$from has no $1" ;;
	esac
}

sum() {
	if command -v sha256sum >/dev/null 2>&1; then
		sha256sum "$1"
	else
		shasum -a 256 "$1"
	fi | cut -d' ' -f1
}

url=$from
if [ -z "$from" ]; then
	url=$base/download/$version
	[ "$version" != latest ] || url=$base/latest/download
fi

fetch SHA256SUMS
name=$(sed -n "s/^[0-9a-f]\{64\}  \(bpflab_[^ ]*_${system}_$arch\.tar\.gz\)\$/\1/p" "$work/SHA256SUMS")
[ -n "$name" ] || die "this release has no archive for $system/$arch"
[ "$version" = latest ] || [ "$name" = "bpflab_${version#v}_${system}_$arch.tar.gz" ] || die "these files are of another version than $version: $name"
fetch "$name"
want=$(sed -n "s/^\([0-9a-f]\{64\}\)  $name\$/\1/p" "$work/SHA256SUMS")
got=$(sum "$work/$name")
[ "$got" = "$want" ] || die "$name is damaged, or is not the one that was released: its SHA-256 is $got, and SHA256SUMS has $want; nothing was installed"

tar -xzf "$work/$name" -C "$work" bpflab
"$work/bpflab" version >/dev/null || die "the program does not run here; nothing was installed"
mv "$work/bpflab" "$to/bpflab" # in one step, for it is the same file system
printf 'install: %s is in %s\n' "$("$to/bpflab" version | head -n 1)" "$to"
case :$PATH: in *:"$to":*) ;; *) printf 'install: %s is not in PATH: add it there\n' "$to" ;; esac
printf 'install: next: bpflab doctor\n'
