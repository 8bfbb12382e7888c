package run

import (
	"fmt"
	"io/fs"
	"strings"
)

// memory is what there is for programs, in bytes. A total of 0 says that
// nothing tells.
type memory struct{ available, total int64 }

// meter tells the memory there is now.
type meter func() memory

// hostMeter measures the host whose files root holds. What is available to
// this process is the least of what the host and its control groups leave it.
func hostMeter(root fs.FS) meter {
	groups := memoryGroups(root)
	return func() memory {
		m := hostMemory(root)
		for _, g := range groups {
			m = m.within(g.memory(root))
		}
		return m
	}
}

// within is the tighter of two bounds; one that tells nothing is none.
func (m memory) within(bound memory) memory {
	switch {
	case bound.total == 0:
		return m
	case m.total == 0:
		return bound
	}
	return memory{min(m.available, bound.available), min(m.total, bound.total)}
}

// hostMemory is /proc/meminfo's.
func hostMemory(root fs.FS) memory {
	text, _ := fs.ReadFile(root, "proc/meminfo") // without it: nothing tells
	available, told := meminfo(string(text), "MemAvailable")
	if !told {
		return memory{} // no Linux, or one before 3.14
	}
	total, _ := meminfo(string(text), "MemTotal")
	return memory{available, total}
}

// meminfo is the bytes of a line such as "MemTotal:   24683520 kB".
func meminfo(text, name string) (int64, bool) {
	_, rest, _ := strings.Cut("\n"+text, "\n"+name+":")
	var kib int64
	n, _ := fmt.Sscanf(rest, "%d kB", &kib)
	return kib << 10, n == 1
}
