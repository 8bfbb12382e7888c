package install

import (
	"slices"
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
		{"rhel", "ID=\"rhel\"\nID_LIKE=\"fedora\"\n", RHEL},
		{"rhel clone", "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\n", RHEL},
		{"opensuse", "ID=\"opensuse-tumbleweed\"\nID_LIKE=\"opensuse suse\"\n", SUSE},
		{"suse derivative by ID_LIKE", "ID=\"regata\"\nID_LIKE=\"opensuse suse\"\n", SUSE},
		{"alpine", "ID=alpine\n", Alpine},
		{"manjaro", "ID=manjaro\nID_LIKE=arch\n", Arch},
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
		{"rhel", RHEL, []Tool{QEMU, LibBPF}, "sudo dnf install --enablerepo=crb qemu-kvm libbpf-devel kernel-headers"},
		{"opensuse", SUSE, []Tool{QEMU, Clang, LibBPF, Busybox}, "sudo zypper install qemu-x86 clang libbpf-devel linux-glibc-devel busybox-static"},
		{"alpine", Alpine, []Tool{QEMU, LibBPF, Busybox, Go}, "doas apk add qemu-system-x86_64 libbpf-dev linux-headers busybox-static go"},
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
			want := strings.TrimPrefix(strings.TrimPrefix(tt.want, "sudo "), "doas ")
			if got := tt.system.command(true, tt.tools); got != want {
				t.Errorf("command for root = %q, want %q", got, want)
			}
		})
	}
}

func TestFix(t *testing.T) {
	for _, tt := range []struct {
		name   string
		system System
		tools  []Tool
		want   []string
	}{
		{"a command", Arch, []Tool{Clang}, []string{"pacman -S clang"}},
		{"with a note", RHEL, []Tool{Busybox, LibBPF}, []string{"busybox libbpf-devel kernel-headers (", "EPEL", "codeready-builder"}},
		{"only a note", MacOS, []Tool{Busybox}, []string{"not in Homebrew"}},
		{"nothing known", Unknown, []Tool{Clang}, []string{"by hand"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, want := range tt.want {
				if got := tt.system.Fix(tt.tools...); !strings.Contains(got, want) || !strings.Contains(tt.system.Hint(tt.tools...), want) {
					t.Errorf("fix %q, hint %q, want %q", got, tt.system.Hint(tt.tools...), want)
				}
			}
		})
	}
}

// Every line of the table is one that System reads.
func TestTable(t *testing.T) {
	systems := []System{Debian, Fedora, RHEL, SUSE, Arch, Alpine, MacOS}
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) > 0 && !strings.HasPrefix(line, "#") && (len(words) < 3 || !slices.Contains(systems, System(words[0]))) {
			t.Errorf("line %q", line)
		}
	}
	for _, s := range systems {
		if _, ok := s.row("command"); !ok {
			t.Errorf("%s has no command", s)
		}
	}
}
