//go:build unix

package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// freeSpace returns what this user may write to the file system of dir, in bytes.
func freeSpace(dir string) (uint64, error) {
	if err := unix.Access(dir, unix.W_OK); err != nil {
		return 0, fmt.Errorf("%s cannot be written to: %w", dir, err)
	}
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err != nil {
		return 0, err
	}
	return stat.Bavail * uint64(stat.Bsize), nil
}
