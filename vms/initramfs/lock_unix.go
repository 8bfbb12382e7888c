//go:build unix

package initramfs

import (
	"os"

	"golang.org/x/sys/unix"
)

// tryLock locks a file for as long as it is open. The error is that somebody
// else has it.
func tryLock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
