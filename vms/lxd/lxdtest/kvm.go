//go:build linux

package lxdtest

import (
	"errors"
	"os"
	"sync"
	"testing"

	"golang.org/x/sys/unix"
)

// LXD makes no virtual machine where /dev/kvm is missing, also none that is emulated.
const (
	kvmDevice        = "/dev/kvm"
	kvmMajor, kvmMin = 10, 232 // Documentation/admin-guide/devices.txt
)

// madeKVM counts the servers for which this process has made the device.
var madeKVM struct {
	sync.Mutex
	servers int
}

// needKVM makes a device of that name for as long as a server runs, where there is none. No
// driver need be behind it: nothing opens it.
func needKVM(t *testing.T) {
	t.Helper()
	madeKVM.Lock()
	defer madeKVM.Unlock()
	if madeKVM.servers == 0 {
		err := unix.Mknod(kvmDevice, unix.S_IFCHR|0o600, int(unix.Mkdev(kvmMajor, kvmMin)))
		if errors.Is(err, os.ErrExist) {
			return
		}
		if err != nil {
			t.Fatalf("make %s, which LXD wants: %v", kvmDevice, err)
		}
	}
	madeKVM.servers++
	t.Cleanup(func() {
		madeKVM.Lock()
		defer madeKVM.Unlock()
		if madeKVM.servers--; madeKVM.servers == 0 {
			os.Remove(kvmDevice)
		}
	})
}
