package probe

import (
	"fmt"
	"runtime"

	"golang.org/x/sys/unix"
)

// dropped are the capabilities that bpf(2) asks for, which the kernel's tests take away
// (drop_capabilities of tools/testing/selftests/bpf/test_loader.c).
var dropped = []int{unix.CAP_SYS_ADMIN, unix.CAP_NET_ADMIN, unix.CAP_PERFMON, unix.CAP_BPF}

// WithoutCaps runs f on a thread without the capabilities that bpf(2) asks for, but those in keep.
// The kernel is made to take programs from ordinary users; an error says why it cannot be. The
// thread is never unlocked, so the runtime destroys it afterwards.
func WithoutCaps(keep []int, f func()) error {
	if err := allowUsers(); err != nil {
		return err
	}
	done := make(chan error)
	go func() {
		runtime.LockOSThread()
		if err := dropCaps(keep); err != nil {
			done <- fmt.Errorf("drop capabilities: %w", err)
			return
		}
		undisturbed(f)
		done <- nil
	}()
	return <-done
}

// dropCaps changes the capabilities of one thread.
func dropCaps(keep []int) error {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var data [2]unix.CapUserData
	if err := unix.Capget(&header, &data[0]); err != nil {
		return err
	}
	for _, c := range dropped {
		data[c/32].Effective &^= 1 << (c % 32)
	}
	for _, c := range keep {
		data[c/32].Effective |= 1 << (c % 32) & data[c/32].Permitted
	}
	return unix.Capset(&header, &data[0])
}
