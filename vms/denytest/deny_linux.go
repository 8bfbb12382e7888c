// Package denytest refuses system calls to a test, as a container's seccomp profile or a
// file system without a feature does.
package denytest

import (
	"errors"
	"os"
	"os/exec"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// variable names the test that is to run in a process to which calls are refused.
const variable = "BPFLAB_TEST_DENIED"

// Run runs a test once more in a process of its own, to which system calls are refused with
// an error; what fails there fails here. Call it first in the test:
//
//	if !denytest.Run(t, unix.ENOLCK, unix.SYS_FLOCK) {
//		return
//	}
//
// It returns true in that process alone.
func Run(t *testing.T, errno unix.Errno, calls ...uint32) bool {
	t.Helper()
	if os.Getenv(variable) == t.Name() {
		if err := deny(errno, calls); err != nil {
			t.Fatalf("refuse system calls: %v", err)
		}
		return true
	}
	cmd := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), variable+"="+t.Name())
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Errorf("without those calls: %v\n%s", err, out)
	}
	return false
}

// deny refuses calls to all threads of this process, and to what it starts.
func deny(errno unix.Errno, calls []uint32) error {
	const nrOffset, loadWord, jumpEqual, ret = 0, unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, unix.BPF_RET | unix.BPF_K
	filter := []unix.SockFilter{{Code: loadWord, K: nrOffset}}
	for _, call := range calls {
		filter = append(filter, unix.SockFilter{Code: jumpEqual, Jf: 1, K: call},
			unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	filter = append(filter, unix.SockFilter{Code: ret, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	// TSYNC gives no_new_privs of this thread to all.
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	thread, _, failed := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if failed != 0 {
		return failed
	}
	if thread != 0 {
		return errors.New("a thread has a filter of its own")
	}
	return nil
}
