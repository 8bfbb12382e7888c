//go:build linux

package qemu

import (
	"errors"
	"fmt"
	"os/exec"
	"slices"
	"strings"
	"syscall"

	"github.com/bpflab/bpflab/vms/console"
)

// breaks are the signals by which a process ends itself. A probe that ended by
// another one was killed, which says nothing of KVM.
var breaks = []syscall.Signal{syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGSEGV, syscall.SIGSYS, syscall.SIGTRAP}

// passing are errors in QEMU's words that may be over soon, and what to say of them.
var passing = []struct {
	errno syscall.Errno
	hint  string
}{
	{syscall.EBUSY, ": another hypervisor has taken the processor's virtualization; stop its machines"},
	{syscall.ENOMEM, ": the host is short of memory"},
	{syscall.EAGAIN, ""},
	{syscall.EMFILE, ""},
	{syscall.ENFILE, ""},
}

// judgeExit returns what QEMU's end says of the probe's guest, and why that did not
// run to its end. said is what QEMU printed.
func judgeExit(err error, said string) (outcome, string) {
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		return disturbed, fmt.Sprintf("QEMU could not be run: %v", err)
	}
	words := "QEMU ended before its guest had run"
	if exit != nil {
		status := exit.Sys().(syscall.WaitStatus)
		if status.ExitStatus() == exitStatus {
			return ran, ""
		}
		if status.Signaled() && !slices.Contains(breaks, status.Signal()) {
			return disturbed, fmt.Sprintf("QEMU was killed (%s) before its guest had run", status.Signal())
		}
		words = fmt.Sprintf("QEMU ended before its guest had run: %v", exit)
	}
	if line := console.LastLine([]byte(said)); line != "" {
		words = line
	}
	for _, p := range passing {
		if strings.Contains(strings.ToLower(said), p.errno.Error()) {
			return disturbed, words + p.hint
		}
	}
	return refused, words
}
