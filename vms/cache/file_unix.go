//go:build unix

package cache

import (
	"fmt"
	"io/fs"
	"os"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

// errQuota means that the user's quota is used up.
var errQuota = syscall.EDQUOT

// stamp changes when a file does.
type stamp struct {
	device, inode uint64
	size          int64
	changed       unix.Timespec
}

func stampOf(f *os.File) (stamp, error) {
	var at unix.Stat_t
	err := unix.Fstat(int(f.Fd()), &at)
	return stamp{uint64(at.Dev), uint64(at.Ino), at.Size, at.Ctim}, err
}

// checkOwner refuses a file that another user could change, unless that user could replace
// it anyway.
func checkOwner(info fs.FileInfo, dir string) error {
	at, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return nil
	}
	if info.Mode().Perm()&0o002 != 0 {
		return fmt.Errorf("every user may write it (%s): %w", info.Mode(), fs.ErrPermission)
	}
	if at.Uid == 0 || int(at.Uid) == os.Geteuid() {
		return nil
	}
	if above, err := os.Stat(dir); err == nil {
		if owner, ok := above.Sys().(*syscall.Stat_t); ok && owner.Uid == at.Uid {
			return nil
		}
	}
	return fmt.Errorf("it belongs to user %d: %w", at.Uid, fs.ErrPermission)
}

// isSettled reports whether a file was last changed long enough before now.
func isSettled(f *os.File, now time.Time) bool {
	at, err := stampOf(f)
	return err == nil && now.Sub(time.Unix(at.changed.Unix())) > settled
}
