#!/bin/sh
# Installs what bpflab needs and this machine lacks: QEMU, clang, libbpf's
# headers and a static busybox; with the argument lxd, also LXD with what its
# virtual machines need, for `make test-lxd`; with the argument tests, also
# Chromium, tmux, LLVM's disassembler, npm, QEMU for arm64 and what makes RPM and Debian repositories, for `make test`; with the argument web, also npm. Go, git
# and make must be there already.
#
# On Debian and Ubuntu it uses apt-get (through sudo where not root) and says
# what it installs; elsewhere it prints the command to run (from vms/install/packages.txt) and exits 3. With
# nothing missing it prints nothing and ends at once.
set -eu

with=${1:-}
os_release=${BPFLAB_OS_RELEASE:-/etc/os-release} # another in tests

say() { printf 'setup: %s\n' "$*" >&2; }

die() {
	say "$*"
	exit 3
}

have() { command -v "$1" >/dev/null 2>&1; }

have_clang() {
	[ -n "${BPFLAB_CLANG:-}" ] && { have "$BPFLAB_CLANG"; return; }
	have clang && return
	for version in 23 22 21 20 19 18 17 16 15 14 13 12; do
		have "clang-$version" && return
	done
	return 1
}

# A dynamic program names its loader in the first page of the file.
is_static() {
	[ -x "$1" ] && ! head -c 4096 "$1" | grep -qa -e 'ld-linux' -e 'ld-musl'
}

have_busybox() {
	for path in "${BPFLAB_BUSYBOX:-}" "$(command -v busybox-static || true)" "$(command -v busybox.static || true)" \
		"$(command -v busybox || true)" /usr/sbin/busybox; do
		[ -n "$path" ] && is_static "$path" && return
	done
	return 1
}

# Prints the missing tools by bpflab's names for them.
missing() {
	have qemu-system-x86_64 || [ -x /usr/libexec/qemu-kvm ] || echo qemu
	have_clang || echo clang
	[ -e /usr/include/bpf/bpf_helpers.h ] || [ -e /usr/local/include/bpf/bpf_helpers.h ] || echo libbpf
	have_busybox || echo busybox
	[ "$with" != lxd ] || have_lxd || echo lxd
	[ "$with" != tests ] || have_browser || echo chromium
	[ "$with" != tests ] || have tmux || echo tmux
	[ "$with" != tests ] || have llvm-objdump || echo llvm
	[ "$with" != tests ] || have_rpmbuild || echo rpmbuild
	[ "$with" != tests ] || have createrepo_c || echo createrepo_c
	[ "$with" != tests ] || have_gpg || echo gpg
	[ "$with" != tests ] || have apt-ftparchive || echo apt-ftparchive
	[ "$with" != tests ] || have xz || echo xz
	[ "$with" != tests ] || have qemu-system-aarch64 || [ "$(row "$(family)" qemu-arm)" = - ] || echo qemu-arm
	case $with in tests | web) have npm || echo npm ;; esac
}

have_browser() {
	have chromium || have chromium-browser || have google-chrome
}

have_rpmbuild() { have rpmbuild && have rpmsign && have rpmkeys; }

have_gpg() { have gpg && have gpg-agent; }

have_lxd() {
	have lxd && have lxc && have qemu-img && [ -d /usr/share/OVMF ]
}

# What brings which tool on which system, for bpflab's messages too.
table=$(dirname "$0")/../vms/install/packages.txt

# Prints what the table says of system $1 and tool $2, or nothing.
row() {
	while read -r in tool text; do
		[ "$in $tool" != "$1 $2" ] || printf '%s\n' "$text"
	done <"$table"
}

# Prints the packages of system $1 that bring the tools after it.
packages() {
	at=$1
	shift
	for wanted in "$@"; do
		names=$(row "$at" "$wanted")
		[ "$names" = - ] || printf '%s\n' "${names:-$wanted}"
	done
}

family() {
	[ "$(uname -s)" = Darwin ] && { echo macos; return; }
	ID='' ID_LIKE=''
	# shellcheck disable=SC1091 # absent on the machine that lints this
	[ -r "$os_release" ] && . "$os_release"
	case " $ID $ID_LIKE " in
	*" debian "* | *" ubuntu "*) echo debian ;;
	*" rhel "* | *" centos "* | *" rocky "* | *" almalinux "* | *" ol "*) echo rhel ;;
	*" fedora "*) echo fedora ;;
	*suse* | *" sles "*) echo suse ;;
	*" arch "*) echo arch ;;
	*" alpine "*) echo alpine ;;
	*) echo unknown ;;
	esac
}

as_root() {
	if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}

apt() {
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o DPkg::Lock::Timeout=300 "$@" >/dev/null
}

# apt-get update takes long: only where the lists do not know a package, or
# know a version that the mirror no longer has.
apt_install() {
	[ "$(id -u)" -eq 0 ] || have sudo ||
		die "missing: $tools; not root and no sudo here; as root run: apt-get install --no-install-recommends $list"
	say "installing through apt-get, which takes a minute: $list"
	# shellcheck disable=SC2086 # a list of words
	if ! apt-cache show $list >/dev/null 2>&1; then
		apt update || say "apt-get update ended with an error; trying to install all the same"
	fi
	[ "$with" != lxd ] || apt-cache show lxd >/dev/null 2>&1 ||
		die "this release has no package lxd (Debian dropped it after 13): install LXD by hand (snap install lxd), or test on Debian 12 or 13"
	# shellcheck disable=SC2086
	apt install --no-install-recommends $list && return
	apt update || true
	# shellcheck disable=SC2086
	apt install --no-install-recommends $list ||
		die "apt-get could not install $list (its own message is above)"
}

have go || die "Go is missing: install it from https://go.dev/dl (the version is in go.mod)"

tools=$(missing)
[ -z "$tools" ] && exit 0

system=$(family)
# shellcheck disable=SC2046,SC2086 # lists of words
list=$(echo $(packages "$system" $tools))
# shellcheck disable=SC2086
tools=$(echo $tools)
command=$(row "$system" command)
[ -n "$command" ] || die "missing: $tools; this system's packages are not known here, install them by hand"
[ "$system" = debian ] || {
	[ "$(id -u)" -eq 0 ] || command="$(row "$system" root) $command"
	notes=$(for tool in $tools; do row "$system" "note:$tool"; done | sed 's/.*/ (&)/' | tr -d '\n')
	die "missing: $tools; run: ${command# } $list$notes"
}
apt_install

tools=$(missing)
[ -z "$tools" ] || die "still missing after installing: $tools"
