package vms

import "fmt"

// SizeError is a machine that cannot be started in the size that was asked for. It is
// the same each time, so there is no use in another try.
type SizeError struct {
	Asked string // "999 GiB of memory"
	Why   string // "more than this host has, 23.5 GiB"
}

func (e *SizeError) Error() string { return e.Asked + " is " + e.Why }

// Fits reports whether a machine of the provider can have so much memory, in
// bytes, and so many processors; 0 means the provider's default. The error
// is a *SizeError.
func (c Caps) Fits(memory int64, cpus int) error {
	switch {
	case c.MostMemory > 0 && memory > c.MostMemory:
		return &SizeError{sizeText(memory) + " of memory", "more than this host has, " + sizeText(c.MostMemory)}
	case memory > 0 && memory < c.LeastMemory:
		return &SizeError{sizeText(memory) + " of memory", "less than kernels need to boot, " + sizeText(c.LeastMemory)}
	case c.MostCPUs > 0 && cpus > c.MostCPUs:
		return &SizeError{fmt.Sprintf("a machine with %d processors", cpus), fmt.Sprintf("more than this host can run, %d", c.MostCPUs)}
	}
	return nil
}

// sizeText returns a number of bytes as people write it.
func sizeText(n int64) string {
	for _, unit := range []struct {
		size int64
		name string
	}{{1 << 30, "GiB"}, {1 << 20, "MiB"}, {1 << 10, "KiB"}} {
		switch {
		case n >= unit.size && n%unit.size == 0:
			return fmt.Sprintf("%d %s", n/unit.size, unit.name)
		case n >= unit.size:
			return fmt.Sprintf("%.1f %s", float64(n)/float64(unit.size), unit.name)
		}
	}
	return fmt.Sprintf("%d bytes", n)
}
