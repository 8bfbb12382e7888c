package run

import (
	"bufio"
	"fmt"
	"os"
	"runtime"
)

// measured fills what is zero: a machine for each core that this process may
// use, and three quarters of the memory that is free now.
func (l Limits) measured() Limits {
	if l.Jobs <= 0 {
		l.Jobs = runtime.GOMAXPROCS(0)
	}
	if l.Memory <= 0 {
		l.Memory = freeMemory() / 4 * 3
	}
	return l
}

// assumedMemory is taken where the system does not tell what is free.
const assumedMemory = 2 << 30

// freeMemory is MemAvailable of /proc/meminfo, in bytes.
func freeMemory() int64 {
	f, err := os.Open("/proc/meminfo")
	if err != nil {
		return assumedMemory
	}
	defer f.Close()
	for s := bufio.NewScanner(f); s.Scan(); {
		var kib int64
		if n, _ := fmt.Sscanf(s.Text(), "MemAvailable: %d kB", &kib); n == 1 {
			return kib << 10
		}
	}
	return assumedMemory
}
