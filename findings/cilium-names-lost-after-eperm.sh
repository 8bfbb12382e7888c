#!/bin/sh
# cilium/ebpf v0.22.0 asks the kernel whether objects may have names by making a map with one, and takes every
# error for "not supported", EPERM too; the answer is kept for the life of the process. So a process whose
# first attempt is refused for want of a right, and that then gets it and tries again (as after
# raising a capability, or RLIMIT_MEMLOCK before Linux 5.11), has maps and programs without names from then
# on, on a kernel that has known names since 4.15, and no error says so: what looks maps up by name, as bpftool
# does, does not find them. haveMmapableMaps, haveMapMutabilityModifiers and haveBatchAPI of syscalls.go are
# written likewise: data sections are not mapped into memory, constants not frozen, and batches fail with
# "map batch api not supported (requires >= v5.6)". Most other questions of the library tell EPERM from EINVAL.
#
# Needs: root, Go and its module proxy, kernel.unprivileged_bpf_disabled other than 0. Fails if the behaviour changes.
set -eu
tmp=$(mktemp -d) && trap 'rm -rf "$tmp"' EXIT && cd "$tmp"
uname -r
grep -v '^0$' /proc/sys/kernel/unprivileged_bpf_disabled

cat >main.go <<'GO'
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/cilium/ebpf"
	"golang.org/x/sys/unix"
)

func main() {
	runtime.LockOSThread()
	if len(os.Args) > 1 {
		withoutRights()
	}
	m, err := create()
	if err != nil {
		panic(err)
	}
	info, err := m.Info()
	if err != nil {
		panic(err)
	}
	_, err = m.BatchUpdate([]uint32{0}, []uint32{7}, nil)
	fmt.Printf("name %q, batch: %v\n", info.Name, err)
}

func create() (*ebpf.Map, error) {
	return ebpf.NewMap(&ebpf.MapSpec{Name: "counters", Type: ebpf.Array, KeySize: 4, ValueSize: 4, MaxEntries: 1})
}

// withoutRights tries to create a map while the thread has no capability, and gives them back.
func withoutRights() {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var had, none [2]unix.CapUserData
	check(unix.Capget(&header, &had[0]))
	none = had
	none[0].Effective, none[1].Effective = 0, 0
	check(unix.Capset(&header, &none[0]))
	if _, err := create(); !errors.Is(err, unix.EPERM) {
		panic(err)
	}
	check(unix.Capset(&header, &had[0]))
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}
GO
go mod init names 2>/dev/null
go get github.com/cilium/ebpf@v0.22.0 golang.org/x/sys@v0.43.0 2>/dev/null
go build -o names .
echo "with the rights from the beginning: $(./names)" | tee first
echo "after an attempt without:           $(./names refused)" | tee second
grep -F 'name "counters", batch: <nil>' first
grep -F 'name "", batch: <nil>' second
