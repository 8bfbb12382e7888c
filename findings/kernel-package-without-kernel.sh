#!/bin/sh
# Debian's package of a kernel, linux-image-VERSION, has no kernel in it any more. In trixie's 6.12 it has the
# kernel, its configuration, System.map and all modules, in /boot and /lib/modules. In 7.3 of
# trixie-backports the package of that name is 2 kB, two links and an override for lintian: the kernel is in
# linux-binary-VERSION, as /usr/lib/modules/VERSION/vmlinuz, the modules are in linux-modules-VERSION, the
# configuration is in linux-base-VERSION, and /boot is in none of them; it is filled by scripts when they are
# installed. What unpacks a kernel's package without installing it (boot tests, BTF archives, images) finds
# nothing where it always was, and "apt-get download linux-image-..." brings nothing to boot.
#
# Needs: curl, xz, dpkg-deb, and a mirror of Debian: MIRROR, else the first that apt is configured with. Fails if
# the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sed -n '1s,/$,,p')}
: "${mirror:?set MIRROR to the address of a mirror of Debian}"

# files SUITE PACKAGE writes the files of the newest package of a suite that is named so (a pattern) to PART.
files() {
	file=$(curl -fsS "$mirror/dists/$1/main/binary-amd64/Packages.xz" | xz -dc |
		awk -v RS= "/^Package: $2\n/" | sed -n 's/^Filename: //p' | sort -V | tail -n 1)
	curl -fsS -o package.deb "$mirror/$file"
	dpkg-deb -c package.deb | grep -v '/$' | sed 's,.* \./,/,' >"$3"
	echo "${file##*/}: $(wc -c <package.deb) bytes, $(wc -l <"$3") files"
}
files trixie 'linux-image-6\.12\.[0-9]+\+deb13-cloud-amd64' old
for part in image binary modules base; do
	files trixie-backports "linux-$part-7\\.3\\.[0-9]+\\+deb13-cloud-amd64" $part
done
grep '^/boot/vmlinuz-6.12' old
grep '^/boot/config-6.12' old
grep -q '\.ko' old
[ "$(grep -cE 'vmlinuz|/boot|\.ko' image)" = 0 ]
grep '^/usr/lib/modules/7\.3.*/vmlinuz$' binary
grep -q '\.ko' modules
grep '/config' base
[ "$(cat image binary modules base | grep -c '^/boot')" = 0 ]
