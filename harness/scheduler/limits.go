package scheduler

import (
	"os"
	"runtime"
)

// limits bounds what runs at the same time. The zero value is the host's own: a
// machine for each core that this process may use, and as much memory as is
// available while it runs.
type limits struct {
	jobs      int   // machines
	memory    int64 // bytes that all machines together may come to hold; 0: what the host has
	elsewhere bool  // machines are not on this host, so its memory does not count
}

// meter returns what measures the memory that bounds the machines.
func (l limits) meter() meter {
	if l.elsewhere {
		return boundless
	}
	return hostMeter(os.DirFS("/"))
}

// boundless returns the memory of machines that are elsewhere: their provider knows
// it, and bounds it by how many there may be.
func boundless() Memory { return Memory{Available: 1 << 60, Total: 1 << 60} }

// assumedMemory is the bound where the system does not say what it has.
const assumedMemory = 2 << 30

// on returns the limits with what is zero filled in for a host with this memory.
func (l limits) on(host Memory) limits {
	if l.jobs <= 0 {
		l.jobs = runtime.GOMAXPROCS(0)
	}
	if l.memory <= 0 && host.Total == 0 {
		l.memory = assumedMemory
	}
	return l
}

// HostIsShort returns what reports whether this host, or a control group of this process, has
// so little memory left that tasks may soon have to wait for it: twice of what is kept from
// machines.
func HostIsShort() func() bool {
	memory := hostMeter(os.DirFS("/"))
	return func() bool { return isShort(memory) }
}

func isShort(memory meter) bool {
	m := memory()
	return m.Total > 0 && m.Available < 2*m.Total/reserve
}
