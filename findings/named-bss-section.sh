#!/bin/sh
# A global variable can be put into a section of its own by the names .data.NAME and
# .rodata.NAME, and not by .bss.NAME: libbpf 1.1 (Debian 12) skips such a section with a
# message and then finds a "bad map relo" in the program that uses the variable. clang
# makes no difference between the three. A variable that is put in .data.NAME without an
# initial value is the way out.
#
# Needs: clang, libbpf-dev, linux-libc-dev, bpftool 7.1. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
PATH=$PATH:/usr/sbin
echo "$(bpftool version | tr '\n' ' ')"

opens() { # reports what libbpf says of a variable in section $1
	cat >v.c <<C
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

$2 int counter SEC("$1");

SEC("socket")
int count(void *ctx)
{
	return *(volatile int *)&counter;
}

char LICENSE[] SEC("license") = "GPL";
C
	clang -g -O2 -target bpf -I/usr/include/"$(uname -m)"-linux-gnu -c v.c -o v.o
	if bpftool gen skeleton v.o >skeleton.h 2>said; then echo "$1: opened"; else echo "$1: refused: $(grep -m1 relo said)"; fi
}
data=$(opens .data.stats '')
rodata=$(opens .rodata.stats const)
bss=$(opens .bss.stats '')
printf '%s\n' "$data" "$rodata" "$bss"
[ "$data" = '.data.stats: opened' ] && [ "$rodata" = '.rodata.stats: opened' ] || { echo 'not as seen: .data.NAME or .rodata.NAME is refused'; exit 1; }
case $bss in
*'bad map relo'*) ;;
*) echo 'changed: .bss.NAME is no longer refused so'; exit 1 ;;
esac
