//go:build linux

package qemu

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// program writes an ELF program without segments for a machine, by its number in <elf.h>.
func program(t *testing.T, machine byte) string {
	t.Helper()
	header := make([]byte, 64)
	copy(header, "\x7fELF\x02\x01\x01")
	header[16], header[18], header[20] = 2, machine, 1
	header[52] = 64
	path := filepath.Join(t.TempDir(), "agent")
	if err := os.WriteFile(path, header, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// An agent that the kernel cannot execute is refused before a machine starts.
func TestAgentOfAnotherArchitecture(t *testing.T) {
	const x86, arm = 62, 183
	for _, test := range []struct {
		machine byte
		arch    kernel.Arch
		want    string
	}{
		{x86, "", ""}, {x86, kernel.AMD64, ""}, {arm, kernel.ARM64, ""},
		{x86, kernel.ARM64, "kernel k is for arm64, and the agent is for amd64"},
		{arm, "", "kernel k is for amd64, and the agent is for arm64"},
		{x86, kernel.S390X, "kernel k is for s390x, and the agent is for amd64"},
	} {
		err := fitsAgent(vms.Spec{Agent: program(t, test.machine), Kernel: kernel.Image{Selector: "k", Arch: test.arch}})
		if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.HasPrefix(err.Error(), test.want)) {
			t.Errorf("%d, %q: %v, want %q", test.machine, test.arch, err, test.want)
		}
	}
	script := filepath.Join(t.TempDir(), "init")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := fitsAgent(vms.Spec{Agent: script, Kernel: kernel.Image{Arch: kernel.S390X}}); err != nil {
		t.Errorf("a script: %v", err)
	}
}
