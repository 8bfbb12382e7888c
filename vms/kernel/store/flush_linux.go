package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// flushTree brings all of the tree at dir to disk with one call.
func flushTree(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	return os.NewSyscallError("syncfs", unix.Syncfs(int(d.Fd())))
}
