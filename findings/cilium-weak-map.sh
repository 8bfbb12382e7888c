#!/bin/sh
# A map that is declared weak, as libbpf's usdt.bpf.h declares its own, is loaded by
# libbpf and refused by cilium/ebpf: with github.com/cilium/ebpf v0.22.0 the whole object
# cannot be read ("unsupported binding: STB_WEAK"), while libbpf 1.1 (Debian 12's bpftool
# 7.1) opens it. Weak functions are taken by both.
#
# Needs: clang, libbpf-dev, linux-libc-dev, bpftool, Go; the Go module proxy.
# Fails if either of the two changes its mind.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
PATH=$PATH:/usr/sbin

cat >weak.c <<'C'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps") __weak;

SEC("tracepoint/syscalls/sys_enter_getpid")
int count(void *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&counts, &key) != 0;
}

char LICENSE[] SEC("license") = "GPL";
C
clang -g -O2 -target bpf -I/usr/include/"$(uname -m)"-linux-gnu -c weak.c -o weak.o

bpftool gen skeleton weak.o >skeleton.h || { echo "changed: libbpf ($(bpftool version | head -2 | tail -1)) refuses a weak map"; exit 1; }
echo "libbpf opens it: $(bpftool version | tr '\n' ' ')"

mkdir read && cd read
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/cilium/ebpf"
)

func main() {
	_, err := ebpf.LoadCollectionSpec(os.Args[1])
	fmt.Println(err)
}
GO
go mod init read 2>/dev/null
go get github.com/cilium/ebpf@v0.22.0 2>/dev/null
said=$(go run . ../weak.o)
echo "cilium/ebpf v0.22.0: $said"
case $said in
*'unsupported binding: STB_WEAK'*) ;;
*) echo "changed: it no longer refuses the weak map"; exit 1 ;;
esac
