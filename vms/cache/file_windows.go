package cache

import (
	"io/fs"
	"os"
	"syscall"
	"time"
)

// errQuota is a full disk as Windows reports it (ERROR_DISK_FULL).
var errQuota = syscall.Errno(112)

// stamp changes when a file does.
type stamp struct {
	size int64
	time time.Time
}

func stampOf(f *os.File) (stamp, error) {
	info, err := f.Stat()
	if err != nil {
		return stamp{}, err
	}
	return stamp{info.Size(), info.ModTime()}, nil
}

// checkOwner accepts every file: Windows keeps users' caches apart.
func checkOwner(fs.FileInfo, string) error { return nil }

// isSettled reports that no file's values are kept: there is no change time that
// programs cannot set.
func isSettled(*os.File, time.Time) bool { return false }
