//go:build linux

package qemu

import (
	"fmt"
	"os"
	"strconv"
	"strings"
)

// isScript reports whether a file begins as a script does.
func isScript(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	begin := make([]byte, 2)
	n, _ := f.Read(begin)
	return string(begin[:n]) == "#!"
}

// lastDescendant returns the process at the end of a line of only children: QEMU, where
// p is a script that started it. Where the system does not say, it is p.
func lastDescendant(p *os.Process) *os.Process {
	for {
		text, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%[1]d/children", p.Pid))
		children := strings.Fields(string(text))
		if len(children) != 1 {
			return p
		}
		pid, err := strconv.Atoi(children[0])
		if err != nil {
			return p
		}
		next, err := os.FindProcess(pid)
		if err != nil {
			return p
		}
		p = next
	}
}
