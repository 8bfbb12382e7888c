package lease

import (
	"errors"
	"io/fs"
	"os"
	"strings"
	"time"
)

// heldAtMost is how long a process of another host, of which nothing is known, is taken to
// hold a lock. What locks guard takes minutes at most.
const heldAtMost = 10 * time.Minute

// create makes a file that only one can make, with this process's name in it, and reports
// whether it did. One that an ended process has left is removed on the way.
func create(path string) (bool, error) {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if errors.Is(err, fs.ErrExist) {
		if isLeft(path) {
			os.Remove(path) // the next try makes it
		}
		return false, nil
	}
	if err != nil {
		return false, err
	}
	_, err = f.WriteString(Self().String())
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
	}
	return err == nil, err
}

// isLeft reports whether nobody holds the lock any more that a file stands for.
func isLeft(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false // released meanwhile
	}
	switch Parse(strings.TrimSpace(string(text))).State() {
	case Alive:
		return false
	case Dead:
		return true
	}
	info, err := os.Stat(path)
	return err == nil && time.Since(info.ModTime()) > heldAtMost
}

// HasLocks reports whether the file system of a directory has locks, as far as can be seen
// with a file that is removed again.
func HasLocks(dir string) bool {
	f, err := os.CreateTemp(dir, ".lock-")
	if err != nil {
		return true
	}
	defer os.Remove(f.Name())
	defer f.Close()
	return !unsupported(hold(f))
}
