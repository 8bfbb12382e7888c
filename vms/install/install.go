// Package install knows which command installs a tool on this machine, so
// that every message about a missing tool ends in something the user can
// paste. It runs nothing.
package install

import (
	"cmp"
	_ "embed"
	"os"
	"runtime"
	"slices"
	"strings"
)

// Tool is a program or library that bpflab needs and does not contain.
type Tool string

const (
	QEMU Tool = "qemu" // qemu-system-x86_64 and its firmware

	// QEMU for other architectures, with its firmware.
	QEMUARM   Tool = "qemu-arm"
	QEMUS390X Tool = "qemu-s390x"
	QEMURISCV Tool = "qemu-riscv"
	QEMUPPC   Tool = "qemu-ppc"

	// Linkers for programs of one architecture on another.
	LinkerAMD64 Tool = "ld-amd64"
	LinkerARM   Tool = "ld-arm"
	LinkerS390X Tool = "ld-s390x"
	LinkerRISCV Tool = "ld-riscv"
	LinkerPPC   Tool = "ld-ppc"

	Clang   Tool = "clang"   // clang with the bpf target
	LLVM    Tool = "llvm"    // llvm-objdump
	LibBPF  Tool = "libbpf"  // the headers bpf/*.h, linux/*.h and asm/*.h
	Busybox Tool = "busybox" // a statically linked busybox
	Go      Tool = "go"      // the Go toolchain
)

// System is a family of systems that share a package manager and names of packages.
type System string

const (
	Debian  System = "debian" // Ubuntu too
	Fedora  System = "fedora"
	RHEL    System = "rhel" // Rocky, AlmaLinux and CentOS Stream too
	SUSE    System = "suse"
	Arch    System = "arch"
	Alpine  System = "alpine"
	MacOS   System = "macos"
	Unknown System = "unknown"
)

// table is what ci/setup.sh reads too.
//
//go:embed packages.txt
var table string

// row returns what the table says of a tool on a system.
func (s System) row(tool string) (text string, listed bool) {
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) > 2 && words[0] == string(s) && words[1] == tool {
			return strings.Join(words[2:], " "), true
		}
	}
	return "", false
}

// packages returns the packages that bring a tool; "" for a tool that none brings.
func (s System) packages(tool Tool) string {
	names, listed := s.row(string(tool))
	switch {
	case !listed:
		return string(tool)
	case names == "-":
		return ""
	}
	return names
}

// Host returns the system this process runs on.
func Host() System {
	if runtime.GOOS == "darwin" {
		return MacOS
	}
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return Unknown
	}
	return parse(string(release))
}

// Name returns the system's own name for itself, as "Debian GNU/Linux 12 (bookworm)".
func Name() string {
	release, _ := os.ReadFile("/etc/os-release") // without it, Host's
	return cmp.Or(fields(string(release))["PRETTY_NAME"], string(Host()))
}

// fields returns what an os-release file says, by its keys.
func fields(release string) map[string]string {
	fields := map[string]string{}
	for line := range strings.Lines(release) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		fields[key] = strings.Trim(value, `"'`)
	}
	return fields
}

// parse finds the family in the text of an os-release file: its ID, else one
// of the names in ID_LIKE.
func parse(release string) System {
	fields := fields(release)
	for _, name := range strings.Fields(fields["ID"] + " " + fields["ID_LIKE"]) {
		if system, ok := families[name]; ok {
			return system
		}
	}
	return Unknown
}

// families has the names in os-release of what is not named as its family.
var families = map[string]System{
	"debian": Debian, "ubuntu": Debian,
	"fedora": Fedora,
	"rhel":   RHEL, "centos": RHEL, "rocky": RHEL, "almalinux": RHEL, "ol": RHEL,
	"suse": SUSE, "opensuse": SUSE, "opensuse-tumbleweed": SUSE, "opensuse-leap": SUSE, "sles": SUSE,
	"arch":   Arch,
	"alpine": Alpine, "postmarketos": Alpine,
}

// Command returns the shell command that installs the tools on s, in the order
// given and without duplicates; "" where s has no known command for any. It
// begins with sudo, or what s has for it, where this user needs it.
func (s System) Command(tools ...Tool) string { return s.command(os.Geteuid() == 0, tools) }

func (s System) command(root bool, tools []Tool) string {
	command, known := s.row("command")
	var names []string
	for _, tool := range tools {
		for _, name := range strings.Fields(s.packages(tool)) {
			if !slices.Contains(names, name) {
				names = append(names, name)
			}
		}
	}
	if !known || len(names) == 0 {
		return ""
	}
	if as, needed := s.row("root"); needed && !root {
		command = as + " " + command
	}
	return command + " " + strings.Join(names, " ")
}

// Fix returns the command that installs the tools on s and what else must be known of them,
// or that there is none.
func (s System) Fix(tools ...Tool) string {
	command := s.Command(tools...)
	var notes []string
	for _, tool := range tools {
		if note, ok := s.row("note:" + string(tool)); ok {
			notes = append(notes, note)
		}
	}
	note := strings.Join(notes, "; ")
	switch {
	case command == "" && note == "":
		return "install it by hand: no package of it is known for this system"
	case command == "" || note == "":
		return command + note
	}
	return command + " (" + note + ")"
}

// Hint returns a clause for the end of an error message that says how to get the
// tools on s, as in "no clang; " + Hint.
func (s System) Hint(tools ...Tool) string {
	if s.Command(tools...) == "" {
		return s.Fix(tools...)
	}
	return "install it with: " + s.Fix(tools...)
}
