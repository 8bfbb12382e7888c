//go:build linux

package qemu

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
)

// templateFormat changes when a template of the same inputs would be another.
const templateFormat = 1

// templateKey names all that a template is made of: kernel and initramfs (with
// the agent and its protocol in it) by their digests, QEMU, and the machine.
// Under KVM a guest sees the host's CPU, so that is part of it.
func templateKey(s spec) string {
	s.initrd = filepath.Base(s.initrd) // its digest
	s.kernel.Kernel, s.kernel.Vmlinux = base(s.kernel.Kernel), base(s.kernel.Vmlinux)
	cpu := ""
	if s.accel == "kvm" {
		cpu = hostCPU()
	}
	text, err := json.Marshal([]any{templateFormat, s.qemu.id(), cpu, s.kernel.SHA256, templateArguments(s)})
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// base returns the last element of a path, "" of none.
func base(path string) string {
	if path == "" {
		return ""
	}
	return filepath.Base(path)
}

// hostCPU returns the host's CPU as it describes itself: model, stepping, microcode
// and features, without what changes from one moment to the next.
func hostCPU() string {
	info, _ := os.ReadFile("/proc/cpuinfo") // empty elsewhere, where there is no KVM either
	first, _, _ := strings.Cut(string(info), "\n\n")
	var kept []string
	for line := range strings.Lines(first) {
		if name, _, _ := strings.Cut(line, "\t"); name != "cpu MHz" && name != "bogomips" {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}
