//go:build linux

package qemu

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestTemplateKey(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	if err := os.WriteFile(config, []byte("CONFIG_LSM=\"yama\"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	one := spec{kernel: kernel.Image{SHA256: "aa", Kernel: "/k/vmlinuz", Vmlinux: "/k/vmlinux", PVH: true, Config: config},
		initrd: "/c/bb.cpio", memory: 256 << 20, cpus: 1, accel: "tcg",
		qemu: build{version: "QEMU emulator version 7.2.22 (Debian)", path: "/usr/bin/qemu", file: fileStamp{inode: 1, size: 100, modified: 7}}}
	first := templateKey(one)
	for _, test := range []struct {
		name   string
		change func(s *spec)
		same   bool
	}{
		{"nothing", func(*spec) {}, true},
		{"where the kernel lies", func(s *spec) { s.kernel.Kernel, s.kernel.Vmlinux = "/other/vmlinuz", "/other/vmlinux" }, true},
		{"where the initramfs lies", func(s *spec) { s.initrd = "/other/bb.cpio" }, true},
		{"the kernel", func(s *spec) { s.kernel.SHA256 = "ab" }, false},
		{"the file that boots", func(s *spec) { s.kernel.PVH = false }, false},
		{"the initramfs", func(s *spec) { s.initrd = "/c/cc.cpio" }, false},
		{"memory", func(s *spec) { s.memory *= 2 }, false},
		{"a security module", func(s *spec) { s.lsm = "bpf" }, false},
		{"a security module that is active anyway", func(s *spec) { s.lsm = "yama" }, true},
		{"CPUs", func(s *spec) { s.cpus = 2 }, false},
		{"QEMU's version", func(s *spec) { s.qemu.version = "QEMU emulator version 7.2.23 (Debian)" }, false},
		{"another build of the version", func(s *spec) { s.qemu.file.size++ }, false},
		{"the build's time", func(s *spec) { s.qemu.file.modified++ }, false},
		{"the same package in another container", func(s *spec) { s.qemu.file.inode, s.qemu.path = 2, "/bin/qemu" }, true},
		{"the accelerator, and with it the CPU", func(s *spec) { s.accel = "kvm" }, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := one
			test.change(&s)
			if same := templateKey(s) == first; same != test.same {
				t.Errorf("the same template: %t, want %t", same, test.same)
			}
		})
	}
}
