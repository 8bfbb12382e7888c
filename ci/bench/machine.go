package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// machineDescription describes the machine that was measured.
func machineDescription() string {
	return fmt.Sprintf("Machine: %s, %d cores for this process, %s of memory, %s, %s.",
		cpuModel(), runtime.GOMAXPROCS(0), memory(), firstLine("qemu-system-x86_64", "--version"), runtime.Version())
}

func cpuModel() string {
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

func memory() string {
	info, _ := os.ReadFile("/proc/meminfo")
	var kib int64
	fmt.Sscanf(string(info), "MemTotal: %d kB", &kib)
	return fmt.Sprintf("%.0f GB", float64(kib)*1024/1e9)
}

func firstLine(command ...string) string {
	out, err := exec.Command(command[0], command[1:]...).Output()
	if err != nil {
		return command[0] + ": " + err.Error()
	}
	line, _, _ := strings.Cut(string(out), "\n")
	return line
}
