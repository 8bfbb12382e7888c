package run

import (
	"os"
	"runtime"
)

// Limits bounds what runs at one time. The zero value is the host's own: a
// machine for each core that this process may use, and as much memory as is
// available while it runs.
type Limits struct {
	Jobs      int   // machines
	Memory    int64 // bytes that all machines together may come to hold; 0: what the host has
	Elsewhere bool  // machines are not on this host, so its memory does not count
}

// meter measures what bounds the machines.
func (l Limits) meter() meter {
	if l.Elsewhere {
		return boundless
	}
	return hostMeter(os.DirFS("/"))
}

// boundless is the memory of machines that are elsewhere: their provider knows
// it, and says so by how many there may be.
func boundless() memory { return memory{available: 1 << 60, total: 1 << 60} }

// assumedMemory is the bound where the system does not tell what it has.
const assumedMemory = 2 << 30

// on fills what is zero for a host with this memory.
func (l Limits) on(host memory) Limits {
	if l.Jobs <= 0 {
		l.Jobs = runtime.GOMAXPROCS(0)
	}
	if l.Memory <= 0 && host.total == 0 {
		l.Memory = assumedMemory
	}
	return l
}
