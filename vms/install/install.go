// Package install knows which command installs a tool on this machine, so
// that every message about a missing tool ends in something the user can
// paste. It runs nothing.
package install

import (
	"os"
	"runtime"
	"slices"
	"strings"
)

// Tool is a thing bpflab needs and does not bring along.
type Tool string

const (
	QEMU    Tool = "qemu"    // qemu-system-x86_64 and its firmware
	Clang   Tool = "clang"   // clang with the bpf target
	LibBPF  Tool = "libbpf"  // the headers bpf/*.h, linux/*.h and asm/*.h
	Busybox Tool = "busybox" // a statically linked busybox
	Go      Tool = "go"      // the Go toolchain
)

// System is a family of systems that share a package manager.
type System string

const (
	Debian  System = "debian" // Ubuntu too
	Fedora  System = "fedora"
	Arch    System = "arch"
	MacOS   System = "macos"
	Unknown System = "unknown"
)

var prefixes = map[System]string{
	Debian: "sudo apt-get install --no-install-recommends ",
	Fedora: "sudo dnf install ",
	Arch:   "sudo pacman -S ",
	MacOS:  "brew install ",
}

// packages holds what differs from the tool's own name. An empty name is a
// tool that the system's package manager does not carry.
var packages = map[System]map[Tool]string{
	Debian: {QEMU: "qemu-system-x86", LibBPF: "libbpf-dev linux-libc-dev", Busybox: "busybox-static", Go: "golang"},
	Fedora: {QEMU: "qemu-system-x86-core", LibBPF: "libbpf-devel kernel-headers", Go: "golang"},
	Arch:   {QEMU: "qemu-system-x86", LibBPF: "libbpf linux-api-headers"},
	MacOS:  {Clang: "llvm", LibBPF: "", Busybox: ""},
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

// parse finds the family in the text of an os-release file: its ID, else one
// of the names in ID_LIKE.
func parse(release string) System {
	fields := map[string]string{}
	for line := range strings.Lines(release) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), "=")
		fields[key] = strings.Trim(value, `"'`)
	}
	for _, name := range strings.Fields(fields["ID"] + " " + fields["ID_LIKE"]) {
		if system, ok := families[name]; ok {
			return system
		}
	}
	return Unknown
}

var families = map[string]System{
	"debian": Debian, "ubuntu": Debian,
	"fedora": Fedora, "rhel": Fedora,
	"arch": Arch,
}

// Command returns the shell command that installs the tools on s, in the order
// given and without duplicates; "" where s has no known command for any. It
// begins with sudo where this user needs it.
func (s System) Command(tools ...Tool) string { return s.command(os.Geteuid() == 0, tools) }

func (s System) command(root bool, tools []Tool) string {
	prefix, known := prefixes[s]
	var names []string
	for _, tool := range tools {
		name, differs := packages[s][tool]
		if !differs {
			name = string(tool)
		}
		if name != "" && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if !known || len(names) == 0 {
		return ""
	}
	if root {
		prefix = strings.TrimPrefix(prefix, "sudo ")
	}
	return prefix + strings.Join(names, " ")
}

// Hint returns a clause for the end of an error message that says how to get the
// tools on s, as in "no clang; " + Hint.
func (s System) Hint(tools ...Tool) string {
	if command := s.Command(tools...); command != "" {
		return "install it with: " + command
	}
	return "install it by hand: no package of it is known for this system"
}
