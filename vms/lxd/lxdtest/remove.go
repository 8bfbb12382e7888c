package lxdtest

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
)

// killMachines kills what the daemon has started and what outlives it: every
// process that names its directory.
func (s *Server) killMachines() {
	lines, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	for _, file := range lines {
		text, _ := os.ReadFile(file) // a process may have ended
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(file)))
		if err == nil && pid != os.Getpid() && bytes.Contains(text, []byte(s.Dir)) {
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
}

// unmount unmounts all below the directory, what is deepest first.
func (s *Server) unmount() {
	text, _ := os.ReadFile("/proc/self/mounts")
	var below []string
	for line := range strings.Lines(string(text)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], s.Dir+"/") {
			below = append(below, fields[1])
		}
	}
	slices.Sort(below)
	for _, dir := range slices.Backward(below) {
		syscall.Unmount(dir, syscall.MNT_DETACH)
	}
}
