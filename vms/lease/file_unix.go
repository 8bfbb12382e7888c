//go:build unix

package lease

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// hold locks a file or folder until it is closed or the process ends.
func hold(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }

// unsupported reports whether an error says that a file system has no locks: NFS without
// its lock manager has ENOLCK, Lustre mounted without them ENOSYS.
func unsupported(err error) bool {
	return errors.Is(err, unix.ENOLCK) || errors.Is(err, unix.EOPNOTSUPP) || errors.Is(err, unix.ENOSYS)
}

// isHeld reports whether an error of hold says that another process holds it.
func isHeld(err error) bool { return errors.Is(err, unix.EWOULDBLOCK) }

// MayExec reports whether a program with the right mode may be run: access(2) says no on a
// file system that is mounted noexec.
func MayExec(program string) bool { return unix.Access(program, unix.X_OK) == nil }
