#!/bin/sh
# Installs what bpflab needs and this machine lacks: QEMU, clang, libbpf's
# headers and a static busybox; with the argument lxd, also LXD with what its
# virtual machines need, for `make test-lxd`; with the argument tests, also
# Chromium, tmux and npm, for `make test`; with the argument web, also npm. Go, git
# and make must be there already.
#
# On Debian and Ubuntu it uses apt-get (through sudo where not root) and says
# what it installs; elsewhere it prints the command to run and exits 3. With
# nothing missing it prints nothing and ends at once.
set -eu

with=${1:-}

say() { printf 'setup: %s\n' "$*" >&2; }

die() {
	say "$*"
	exit 3
}

have() { command -v "$1" >/dev/null 2>&1; }

have_clang() {
	[ -n "${BPFLAB_CLANG:-}" ] && { have "$BPFLAB_CLANG"; return; }
	have clang && return
	for version in 21 20 19 18 17 16 15 14 13 12; do
		have "clang-$version" && return
	done
	return 1
}

# A dynamic program names its loader in the first page of the file.
is_static() {
	[ -x "$1" ] && ! head -c 4096 "$1" | grep -qa -e 'ld-linux' -e 'ld-musl'
}

have_busybox() {
	for path in "${BPFLAB_BUSYBOX:-}" "$(command -v busybox-static || true)" "$(command -v busybox || true)"; do
		[ -n "$path" ] && is_static "$path" && return
	done
	return 1
}

# Prints the missing tools by bpflab's names for them.
missing() {
	have qemu-system-x86_64 || echo qemu
	have_clang || echo clang
	[ -e /usr/include/bpf/bpf_helpers.h ] || [ -e /usr/local/include/bpf/bpf_helpers.h ] || echo libbpf
	have_busybox || echo busybox
	[ "$with" != lxd ] || have_lxd || echo lxd
	[ "$with" != tests ] || have_browser || echo chromium
	[ "$with" != tests ] || have tmux || echo tmux
	case $with in tests | web) have npm || echo npm ;; esac
}

have_browser() {
	have chromium || have chromium-browser || have google-chrome
}

have_lxd() {
	have lxd && have lxc && have qemu-img && [ -d /usr/share/OVMF ]
}

# Prints the packages of distribution $1 that carry the tools after it.
packages() {
	distro=$1
	shift
	for tool in "$@"; do
		case $distro:$tool in
		debian:qemu) echo qemu-system-x86 ;;
		debian:libbpf) echo libbpf-dev linux-libc-dev ;;
		debian:busybox) echo busybox-static ;;
		debian:lxd) echo lxd lxd-client ovmf qemu-utils ;;
		fedora:qemu) echo qemu-system-x86-core ;;
		fedora:libbpf) echo libbpf-devel kernel-headers ;;
		arch:qemu) echo qemu-system-x86 ;;
		arch:libbpf) echo libbpf linux-api-headers ;;
		macos:clang) echo llvm ;;
		*) echo "$tool" ;;
		esac
	done
}

family() {
	[ "$(uname -s)" = Darwin ] && { echo macos; return; }
	ID='' ID_LIKE=''
	# shellcheck disable=SC1091 # absent on the machine that lints this
	[ -r /etc/os-release ] && . /etc/os-release
	case " $ID $ID_LIKE " in
	*" debian "* | *" ubuntu "*) echo debian ;;
	*" fedora "* | *" rhel "*) echo fedora ;;
	*" arch "*) echo arch ;;
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
case $system in
debian) apt_install ;;
fedora) die "missing: $tools; run: sudo dnf install $list" ;;
arch) die "missing: $tools; run: sudo pacman -S $list" ;;
macos) die "missing: $tools; run: brew install $list (libbpf's headers and a static Linux busybox are not in Homebrew: use a Linux machine or container)" ;;
*) die "missing: $tools; this system's packages are not known here, install them by hand" ;;
esac

tools=$(missing)
[ -z "$tools" ] || die "still missing after installing: $tools"
