package build

import (
	"errors"

	"golang.org/x/sys/unix"
)

// limitMemory bounds the address space of a process that has just begun, in
// bytes. A process that has ended already needs no bound.
func limitMemory(pid int, bytes int64) error {
	limit := unix.Rlimit{Cur: uint64(bytes), Max: uint64(bytes)}
	err := unix.Prlimit(pid, unix.RLIMIT_AS, &limit, nil)
	if errors.Is(err, unix.ESRCH) {
		return nil
	}
	return err
}
