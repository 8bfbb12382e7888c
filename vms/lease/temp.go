package lease

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Prefix begins the names of bpflab's folders among the system's temporary files.
const Prefix = "bpflab-"

// MkdirTemp makes a new folder in dir, or among the system's temporary files if
// dir is "", and returns it with its removal. The name begins with prefix and ends
// with the Owner, so that a process that was killed is known by what it left: that
// is removed on the way.
func MkdirTemp(dir, prefix string) (path string, remove func(), err error) {
	Sweep(dir, prefix)
	path, err = os.MkdirTemp(dir, pattern(prefix))
	if err != nil && dir == "" {
		err = ExplainTemp(err)
	}
	if err != nil {
		return "", nil, err
	}
	held, err := os.Open(path)
	if err != nil {
		os.RemoveAll(path)
		return "", nil, err
	}
	hold(held) // where the file system can; its name shows the owner anyway
	return path, func() { os.RemoveAll(path); held.Close() }, nil
}

// ExplainTemp adds to an error of the system's temporary files what the user can do about it.
func ExplainTemp(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w; make room in %s, or set TMPDIR to a directory you may write to", err, os.TempDir())
}

// CreateTemp makes a new file in dir as MkdirTemp makes a folder. It is the
// caller's to rename or to remove.
func CreateTemp(dir, prefix string) (*os.File, error) {
	Sweep(dir, prefix)
	f, err := os.CreateTemp(dir, pattern(prefix))
	if err != nil {
		return nil, err
	}
	hold(f) // as in MkdirTemp
	return f, nil
}

// pattern returns a name for os.MkdirTemp that OwnerOf reads.
func pattern(prefix string) string { return prefix + "*." + Self().String() }

// OwnerOf returns whose a temporary file or folder is; the zero Owner for a name
// that pattern has not made.
func OwnerOf(name string) Owner {
	parts := strings.Split(name, ".")
	return Parse(strings.Join(parts[max(1, len(parts)-4):], "."))
}

// Sweep removes what dead processes left under a prefix in dir, or among the
// system's temporary files if dir is "". What cannot be removed stays: it is the
// next one's, or another user's.
func Sweep(dir, prefix string) {
	if dir == "" {
		dir = os.TempDir()
	}
	entries, _ := os.ReadDir(dir) // none if it cannot be read
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), prefix) && OwnerOf(e.Name()).State() == Dead {
			removeAbandoned(filepath.Join(dir, e.Name()))
		}
	}
}

// removeAbandoned removes a file or a folder unless its owner still holds it: a
// living process of another PID namespace looks dead. Where the file system cannot say,
// having no locks, what is a day old counts as abandoned.
func removeAbandoned(path string) {
	f, err := os.Open(path)
	if err != nil {
		return
	}
	defer f.Close()
	if err := hold(f); err == nil || !isHeld(err) && isOld(f) {
		os.RemoveAll(path)
	}
}

// isOld reports whether a file has not changed for a day.
func isOld(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && time.Since(info.ModTime()) > 24*time.Hour
}
