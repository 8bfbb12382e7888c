package probe

import (
	"bufio"
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// Free returns how much of the machine's memory is left, in bytes.
func Free() int64 {
	f, err := os.Open("/proc/meminfo")
	if err == nil {
		defer f.Close()
		for lines := bufio.NewScanner(f); lines.Scan(); {
			var kib int64
			if n, _ := fmt.Sscanf(lines.Text(), "MemAvailable: %d kB", &kib); n == 1 {
				return kib << 10
			}
		}
	}
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Freeram) * int64(info.Unit)
}

// Memory returns how much memory the machine has, in bytes.
func Memory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
