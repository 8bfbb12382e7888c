//go:build linux

// Command standin is a stand-in for Canonical's multipass, for tests and for
// developers on machines where multipass cannot be installed. It is no multipass and
// calls itself a stand-in wherever it shows its version or help. It takes the
// subcommands, options and JSON of multipass that bpflab uses, answers errors
// in multipass's words, and gives real guests: QEMU boots them with kernels of
// bpflab's own catalogue, which stand in for those of Ubuntu's releases.
//
// Each instance has a process of its own in the background, which holds the
// machine and is reached through a socket, as multipass's daemon is. Where
// multipass has ssh, that process has a guest agent: this program itself, as
// PID 1. The guest is an initramfs with busybox, in which scripts stand in for
// the few programs of Ubuntu's that bpflab runs: sudo, dmesg, apt-get, dpkg,
// update-grub, curl, cloud-init.
//
// MULTIPASS_STANDIN_DIR is where it keeps instances, else a directory of the
// user's cache.
package main

import (
	"errors"
	"fmt"
	"os"

	"github.com/bpflab/bpflab/harness/guest"
)

// Exit codes, as multipass has them (include/multipass/cli/return_codes.h).
const (
	exitUsage  = 1
	exitFailed = 2
)

func main() {
	if os.Getpid() == 1 && os.Args[0] == "/init" {
		guest.Init()
	}
	os.Exit(exitCode(newCommand().Execute()))
}

// exitCode prints an error, unless it is only the code of a command that ran in
// a guest.
func exitCode(err error) int {
	var ended exited
	var failed *failure
	switch {
	case err == nil:
		return 0
	case errors.As(err, &ended):
		return int(ended)
	case errors.As(err, &failed):
		fmt.Fprintln(os.Stderr, err)
		return exitFailed
	}
	fmt.Fprintln(os.Stderr, err)
	return exitUsage
}

// exited is the code with which a guest's command ended.
type exited int

func (e exited) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// failure is a subcommand that failed, in multipass's words.
type failure struct {
	verb string
	err  error
}

func (e *failure) Error() string { return e.verb + " failed: " + e.err.Error() }
func (e *failure) Unwrap() error { return e.err }

// noInstance returns multipass's word for an instance that is not there.
func noInstance(name string) error { return fmt.Errorf("instance %q does not exist", name) }
