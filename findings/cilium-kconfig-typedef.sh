#!/bin/sh
# Programs for libbpf declare the kernel's version as
#	extern __u32 LINUX_KERNEL_VERSION __kconfig;
# and libbpf looks through the typedef. cilium/ebpf v0.22.0 wants the BTF of the variable
# to be an integer itself, and refuses the program when it is loaded: "must be a 32 bits
# integer, got Typedef". `extern unsigned int` is taken. The object can be read, so that
# a check which does not load finds nothing.
#
# Needs: root (it loads a program that does nothing), clang, libbpf-dev, linux-libc-dev,
# Go; the Go module proxy. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"

source_of() { # the same program, with the variable declared as type $1
	cat <<C
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern $1 LINUX_KERNEL_VERSION __kconfig;

SEC("socket")
int recent(void *ctx)
{
	return LINUX_KERNEL_VERSION > 263680;
}

char LICENSE[] SEC("license") = "GPL";
C
}
for type in __u32 'unsigned int'; do
	name=$(echo "$type" | tr ' ' _)
	source_of "$type" >"$name.c"
	clang -g -O2 -target bpf -I/usr/include/"$(uname -m)"-linux-gnu -c "$name.c" -o "$name.o"
done

mkdir load && cd load
cat >main.go <<'GO'
package main

import (
	"fmt"
	"os"

	"github.com/cilium/ebpf"
)

func main() {
	spec, err := ebpf.LoadCollectionSpec(os.Args[1])
	if err != nil {
		fmt.Println("read:", err)
		return
	}
	_, err = ebpf.NewCollection(spec)
	fmt.Println("load:", err)
}
GO
go mod init load 2>/dev/null
go get github.com/cilium/ebpf@v0.22.0 2>/dev/null
go build -o load .
typedef=$(./load ../__u32.o)
plain=$(./load ../unsigned_int.o)
echo "__u32:        $typedef"
echo "unsigned int: $plain"
case $typedef in
*'must be a 32 bits integer, got Typedef'*) ;;
*) echo 'changed: the typedef is no longer refused so'; exit 1 ;;
esac
[ "$plain" = 'load: <nil>' ] || { echo 'not as seen: a plain integer is refused too'; exit 1; }
