package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// DamagedError is a file in the cache whose content is not what was written there.
type DamagedError struct {
	File string
	Err  error
}

func (e *DamagedError) Error() string { return fmt.Sprintf("%s is damaged: %v", e.File, e.Err) }

// Unwrap returns the cause.
func (e *DamagedError) Unwrap() error { return e.Err }

// damaged returns err as a *DamagedError of file, unless it is one, and without the name
// that the operating system's errors repeat.
func damaged(file string, err error) error {
	var already *DamagedError
	if errors.As(err, &already) {
		return err
	}
	var path *fs.PathError
	if errors.As(err, &path) && path.Path == file {
		err = path.Err
	}
	return &DamagedError{file, err}
}

// Finding is a file that a check of the whole cache found to be damaged or of no use.
type Finding struct {
	Kind string // "initramfs", "object"
	Path string
	Err  error // why; nil for a file that is sound but useless
}

// Explain adds advice for the user to an error of the disk.
func Explain(err error) error {
	switch {
	case err == nil:
		return nil
	case isFull(err):
		return &diskError{err, "make room (\"bpflab kernels prune\") or set BPFLAB_CACHE to a directory on another disk"}
	case errors.Is(err, fs.ErrPermission):
		return &diskError{err, "set BPFLAB_CACHE to a directory you may write to"}
	}
	return err
}

// diskError is an error of the disk that has been explained.
type diskError struct {
	error
	hint string
}

func (e *diskError) Error() string { return e.error.Error() + "; " + e.hint }

func (e *diskError) Unwrap() error { return e.error }

// isFull reports whether the disk, or the user's quota, is full; false for an error that is
// explained already.
func isFull(err error) bool {
	var already *diskError
	return !errors.As(err, &already) && (errors.Is(err, syscall.ENOSPC) || errors.Is(err, errQuota))
}

// Remove removes a file of the cache, or whatever is in its place, and its sum.
func Remove(file string) error {
	return errors.Join(os.RemoveAll(file), os.RemoveAll(file+sumSuffix))
}
