#!/bin/sh
# Builds ../dist/loader.gz of loader.c with the distribution's libbpf, statically. Without
# libbpf it says what is missing, and exits 0: everything but `verify --loader libbpf`
# works without it.
set -eu
cd "$(dirname "$0")"

left_out() {
	rm -f ../dist/loader.gz
	printf 'build: %s, so the libbpf loader is left out (verify --loader libbpf); on Debian and Ubuntu: apt-get install libbpf-dev libelf-dev zlib1g-dev gcc libc6-dev\n' "$1" >&2
	exit 0
}

[ "$(uname -s)" = Linux ] || left_out 'this system is not Linux'
compiler=''
for name in ${CC:-cc} gcc clang clang-21 clang-20 clang-19 clang-18 clang-17 clang-16 clang-15 clang-14; do
	command -v "$name" >/dev/null 2>&1 && { compiler=$name; break; }
done
[ -n "$compiler" ] || left_out 'there is no C compiler'

printf '#include <bpf/libbpf.h>\n#include <libelf.h>\n' | "$compiler" -E - >/dev/null 2>&1 || left_out 'libbpf or libelf is not installed'

# The version of libbpf with its third number, which the headers do not have.
version() {
	for dir in /usr/lib/*/pkgconfig /usr/lib/pkgconfig /usr/lib64/pkgconfig /usr/local/lib/pkgconfig /usr/local/lib64/pkgconfig; do
		[ -r "$dir/libbpf.pc" ] && sed -n 's/^Version: *//p' "$dir/libbpf.pc" && return
	done
	return 0
}

made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
package=$(version)

# libelf needs libzstd from elfutils 0.189 on, and that of 0.192 lacks a part of itself.
for libraries in '-lbpf -lelf -lz' '-lbpf -lelf -lz -lzstd' 'elf_search.c -lbpf -lelf -lz -lzstd'; do
	# shellcheck disable=SC2086 # a list of words
	if "$compiler" -static -O2 -s -Wall -Wno-deprecated-declarations ${package:+-DLIBBPF_PACKAGE="\"$package\""} \
		-Wl,--wrap=syscall,--wrap=btf__load_vmlinux_btf,--wrap=btf__free -o "$made/loader" loader.c kept_maps.c $libraries 2>"$made/errors"; then
		gzip -9nc "$made/loader" >"../dist/.new.$$"
		mv "../dist/.new.$$" ../dist/loader.gz
		exit 0
	fi
done
sed 's/^/build: /' "$made/errors" | tail -5 >&2
left_out 'loader.c does not build here'
