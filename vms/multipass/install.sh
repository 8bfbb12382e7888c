# Installs a kernel in an Ubuntu machine, has its boot loader start it, and
# prints its release.
#   install.sh package NAME
#   install.sh mainline VERSION ARCHIVE
set -eu
export DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1

install_packages() {
	apt-get -qq -y install --no-install-recommends "$@" </dev/null >&2
}

# kernel_of PACKAGE...: the release of the first kernel in installed packages.
kernel_of() {
	dpkg-query -L "$@" | sed -n 's,^/boot/vmlinuz-,,p' | head -n 1
}

# from_package NAME: installs it, and finds the kernel it is or depends on.
from_package() {
	apt-get -qq update >&2
	install_packages "$1"
	depends=$(dpkg-query -W -f '${Depends}' "$1" | tr ', ' '\n\n' | grep '^linux-image-[0-9]' || true)
	release=$(kernel_of "$1" $depends)
}

# from_mainline VERSION ARCHIVE: downloads the generic kernel and its modules,
# and checks them against the archive's list of SHA-256 sums.
from_mainline() {
	case $(uname -m) in
	aarch64) architecture=arm64 ;;
	*) architecture=amd64 ;;
	esac
	url=$2/v$1/$architecture
	rm -rf /var/tmp/bpflab-kernel
	mkdir -p /var/tmp/bpflab-kernel
	cd /var/tmp/bpflab-kernel
	if ! curl -fsSL -o CHECKSUMS "$url/CHECKSUMS"; then
		echo "no such mainline kernel: $1 for $architecture" >&2
		exit 1
	fi
	grep -E '^[0-9a-f]{64} .*linux-(image-unsigned|image|modules)-[0-9].*-generic_.*\.deb$' CHECKSUMS | sed 's, .*/,  ,' >wanted
	while read -r sum file; do
		curl -fsSL -o "$file" "$url/$file"
	done <wanted
	sha256sum -c wanted >&2
	install_packages ./*.deb
	release=$(kernel_of "$(sed -n 's,.*  \(linux-image-[^_]*\)_.*,\1,p' wanted | head -n 1)")
}

# boot_next RELEASE: makes it the kernel that boots.
boot_next() {
	update-grub >/dev/null 2>&1
	entry=$(sed -n "s/.*menuentry_id_option '\(gnulinux-$1-advanced-[^']*\)'.*/\1/p" /boot/grub/grub.cfg | head -n 1)
	menu=$(sed -n "s/.*menuentry_id_option '\(gnulinux-advanced-[^']*\)'.*/\1/p" /boot/grub/grub.cfg | head -n 1)
	if [ -z "$entry" ]; then
		echo "the boot loader has no entry for kernel $1" >&2
		exit 1
	fi
	mkdir -p /etc/default/grub.d
	echo "GRUB_DEFAULT='$menu>$entry'" >/etc/default/grub.d/99-bpflab.cfg
	update-grub >/dev/null 2>&1
}

release=
"from_$1" "$2" "${3:-}"
if [ -z "$release" ]; then
	echo "$2 brings no kernel" >&2
	exit 1
fi
boot_next "$release"
echo "$release"
