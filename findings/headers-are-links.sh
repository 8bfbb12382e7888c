#!/bin/sh
# Debian's linux-libc-dev has asm/*.h in /usr/include/x86_64-linux-gnu/asm up to Debian 12.
# From Debian 13 on (6.12.117-1 tried, beside 6.1.176-1) the directory is there and looks the same, and each
# file in it is a symbolic link to /usr/lib/linux/uapi/x86/asm: the package is one for all
# architectures now. So a sandbox, a container or an overlay that is given "the headers",
# which is the directories that `clang -v` lists, lacks the files: <linux/bpf.h> includes
# <linux/types.h>, which includes <asm/types.h>, and every BPF program fails with "file not
# found", or "Permission denied" under Landlock.
#
# Needs: curl, xz, dpkg-deb, clang, and a mirror of Debian: MIRROR, else the first that apt is
# configured with. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
mirror=${MIRROR:-$(apt-get indextargets --format '$(REPO_URI)' | sed -n '1s,/$,,p')}
: "${mirror:?set MIRROR to the address of a mirror of Debian}"

# headers SUITE unpacks the package that a suite has now into a directory of that name.
headers() {
	file=$(curl -fsS "$mirror/dists/$1/main/binary-amd64/Packages.xz" | xz -dc |
		awk -v RS= '/^Package: linux-libc-dev\n/' | sed -n 's/^Filename: //p' | tail -n 1)
	echo "$1: ${file##*/}"
	curl -fsS -o "$1.deb" "$mirror/$file"
	dpkg-deb -x "$1.deb" "$1"
}

# compiles DIRECTORY compiles a BPF program that has the headers below a copy of
# DIRECTORY/usr/include, and nothing else.
compiles() {
	cp -a "$1/usr/include" "$1.include"
	echo '#include <linux/bpf.h>' | clang -target bpf -nostdinc -isystem "$1.include" \
		-isystem "$1.include/x86_64-linux-gnu" -x c -c - -o /dev/null 2>"$1.err"
}

for suite in bookworm trixie; do
	headers $suite
	links=$(find $suite/usr/include/x86_64-linux-gnu/asm -type l | wc -l)
	files=$(find $suite/usr/include/x86_64-linux-gnu/asm -type f | wc -l)
	echo "$suite: asm has $files files and $links links"
done
[ "$(find bookworm/usr/include/x86_64-linux-gnu/asm -type l | wc -l)" = 0 ]
[ "$(find trixie/usr/include/x86_64-linux-gnu/asm -type f | wc -l)" = 0 ]
readlink trixie/usr/include/x86_64-linux-gnu/asm/types.h | grep lib/linux/uapi/x86/asm/types.h

compiles bookworm
if compiles trixie; then
	echo "the copy of trixie's headers is whole" >&2
	exit 1
fi
grep "asm/types.h' file not found" trixie.err
