package scheduler

import (
	"fmt"
	"io/fs"
	"strings"
)

// Memory is the memory for programs, in bytes. A total of 0 means that it is not known.
type Memory struct{ Available, Total int64 }

// meter returns the memory there is now.
type meter func() Memory

// hostMeter returns a meter of the host whose files root holds. What is available to
// this process is the least of what the host and its control groups leave it.
func hostMeter(root fs.FS) meter {
	groups := memoryGroups(root)
	return func() Memory {
		m := hostMemory(root)
		for _, g := range groups {
			m = m.within(g.memory(root))
		}
		return m
	}
}

// within returns the tighter of two bounds; one that is not known is none.
func (m Memory) within(bound Memory) Memory {
	switch {
	case bound.Total == 0:
		return m
	case m.Total == 0:
		return bound
	}
	return Memory{min(m.Available, bound.Available), min(m.Total, bound.Total)}
}

// hostMemory returns what /proc/meminfo says.
func hostMemory(root fs.FS) Memory {
	text, _ := fs.ReadFile(root, "proc/meminfo") // without it: not known
	available, known := meminfo(string(text), "MemAvailable")
	if !known {
		return Memory{} // no Linux, or one before 3.14
	}
	total, _ := meminfo(string(text), "MemTotal")
	return Memory{available, total}
}

// meminfo returns the bytes of a line such as "MemTotal:   24683520 kB".
func meminfo(text, name string) (int64, bool) {
	_, rest, _ := strings.Cut("\n"+text, "\n"+name+":")
	var kib int64
	n, _ := fmt.Sscanf(rest, "%d kB", &kib)
	return kib << 10, n == 1
}
