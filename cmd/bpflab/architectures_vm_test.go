package main

import (
	"os/exec"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// otherMachines are those of other architectures that tests boot. `make test` installs the QEMU
// of the first; that of s390x is a download of 46 MB on Debian 12.
var otherMachines = []struct {
	arch         kernel.Arch
	series, qemu string
}{
	{kernel.ARM64, "6.12", "qemu-system-aarch64"},
	{kernel.S390X, "6.1", "qemu-system-s390x"},
}

func TestOtherArchitectures(t *testing.T) {
	needVMs(t)
	for _, one := range otherMachines {
		t.Run(string(one.arch), func(t *testing.T) {
			if _, err := exec.LookPath(one.qemu); err != nil {
				t.Skipf("no %s here", one.qemu)
			}
			selector := one.series + "/" + string(one.arch)
			o := bpflab(t, "run", "hello", "--kernel", selector)
			o.want(t, verdict.ExitOK)
			if cell := o.one(t); cell.Verdict != verdict.Pass {
				t.Errorf("hello: %s: %s", cell.Verdict, cell.Reason)
			}
			uname := bpflab(t, "exec", "--kernel", selector, "--", "sh", "-c", "uname -m && readlink /bin/sh")
			uname.want(t, verdict.ExitOK)
			if want := one.arch.Machine() + "\n/bin/busybox\n"; !strings.Contains(uname.stdout, want) {
				t.Errorf("got %q, want %q in it", uname.stdout, want)
			}
		})
	}
}
