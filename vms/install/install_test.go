package install

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	tests := []struct {
		name, release string
		want          System
	}{
		{"debian", "PRETTY_NAME=\"Debian GNU/Linux 12\"\nID=debian\n", Debian},
		{"ubuntu", "ID=ubuntu\nID_LIKE=debian\n", Debian},
		{"derivative by ID_LIKE", "ID=linuxmint\nID_LIKE=\"ubuntu debian\"\n", Debian},
		{"fedora", "ID=fedora\n", Fedora},
		{"rhel clone", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", Fedora},
		{"arch", "ID=arch\n", Arch},
		{"single quotes", "ID='arch'\n", Arch},
		{"other", "ID=nixos\n", Unknown},
		{"empty", "", Unknown},
		{"no equals sign", "ID\n", Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := parse(tt.release); got != tt.want {
				t.Errorf("parse = %q, want %q", got, tt.want)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	tests := []struct {
		name   string
		system System
		tools  []Tool
		want   string
	}{
		{"debian, all", Debian, []Tool{QEMU, Clang, LibBPF, Busybox}, "sudo apt-get install --no-install-recommends qemu-system-x86 clang libbpf-dev linux-libc-dev busybox-static"},
		{"fedora", Fedora, []Tool{QEMU, LibBPF}, "sudo dnf install qemu-system-x86-core libbpf-devel kernel-headers"},
		{"arch", Arch, []Tool{Clang, Busybox}, "sudo pacman -S clang busybox"},
		{"named twice", Arch, []Tool{Clang, Clang}, "sudo pacman -S clang"},
		{"macos lacks libbpf", MacOS, []Tool{LibBPF, Clang}, "brew install llvm"},
		{"macos lacks all", MacOS, []Tool{LibBPF}, ""},
		{"unknown system", Unknown, []Tool{Clang}, ""},
		{"nothing missing", Debian, nil, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.system.command(false, tt.tools); got != tt.want {
				t.Errorf("command = %q, want %q", got, tt.want)
			}
			want := strings.TrimPrefix(tt.want, "sudo ")
			if got := tt.system.command(true, tt.tools); got != want {
				t.Errorf("command for root = %q, want %q", got, want)
			}
		})
	}
}
