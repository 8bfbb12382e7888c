package cache

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// Look returns the sum of a file after a cheap check: it is a plain file of the recorded
// size, and no stranger can write it. The error is fs.ErrNotExist if there is no such file,
// else a *DamagedError, which wraps ErrNoSum where only the sum is missing.
func Look(file string) (Sum, error) {
	sum, sumErr := readSum(file)
	if _, err := os.Lstat(file); errors.Is(err, fs.ErrNotExist) {
		return sum, err
	}
	if sumErr != nil {
		if err := Inspect(file, AnySize); err != nil {
			return sum, err
		}
		return sum, damaged(file, sumErr)
	}
	return sum, Inspect(file, sum.Size)
}

// Inspect returns a *DamagedError unless the file is plain, of that size (any, if it is
// negative), belongs to this user, to root, or to the owner of its directory, and not
// every user can write it. A group may share a cache.
func Inspect(file string, size int64) error {
	f, err := openPlain(file)
	if err != nil {
		return damaged(file, err)
	}
	defer f.Close()
	return inspect(file, f, size)
}

func inspect(file string, f *os.File, size int64) error {
	info, err := f.Stat()
	if err == nil && size >= 0 && info.Size() != size {
		err = fmt.Errorf("it has %d bytes instead of %d", info.Size(), size)
	}
	if err == nil {
		err = checkOwner(info, filepath.Dir(file))
	}
	if err != nil {
		return damaged(file, err)
	}
	return nil
}

// errNotPlain is a directory, a device or another special file in the place of a file.
var errNotPlain = errors.New("it is no plain file")

// openPlain opens a plain file, and does not block on others, such as pipes.
func openPlain(name string) (*os.File, error) {
	info, err := os.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, errNotPlain
	}
	return os.Open(name)
}

// Read returns the content of a small file that Create wrote. Errors are those of Look;
// with ErrNoSum in the error the content is that of a file without a sum.
func Read(file string) ([]byte, error) {
	sum, err := Look(file)
	if err != nil && !errors.Is(err, ErrNoSum) {
		return nil, err
	}
	text, readErr := os.ReadFile(file)
	if readErr != nil {
		return nil, damaged(file, readErr)
	}
	if err == nil && SumOf(text) != sum {
		return nil, damaged(file, errDigest)
	}
	return text, err
}

// errDigest is a file with other content than was recorded.
var errDigest = errors.New("its SHA-256 is not the recorded one")

// Checker compares files with their digests, each once for as long as it does not
// change. The zero value is ready for use, by many goroutines.
type Checker struct {
	mu      sync.Mutex
	checked map[checkKey]func() error
}

// checkKey is a file's present state and its expected sum.
type checkKey struct {
	name  string
	stamp stamp
	want  Sum
}

// Check reads the file and returns a *DamagedError if it does not have the expected sum.
func (c *Checker) Check(file string, want Sum) error {
	f, err := openPlain(file)
	if err != nil {
		return damaged(file, err)
	}
	defer f.Close()
	if err := inspect(file, f, want.Size); err != nil {
		return err
	}
	at, err := stampOf(f)
	if err != nil {
		return damaged(file, err)
	}
	return c.once(checkKey{file, at, want}, func() error { return compare(file, f, want) })()
}

// CheckFile checks a file against the sum that Create recorded.
func (c *Checker) CheckFile(file string) error {
	sum, err := Look(file)
	if err != nil {
		return damaged(file, err)
	}
	return c.Check(file, sum)
}

// once returns a function that does the work for all callers with the same key.
func (c *Checker) once(key checkKey, work func() error) func() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.checked == nil {
		c.checked = map[checkKey]func() error{}
	}
	check := c.checked[key]
	if check == nil {
		check = sync.OnceValue(work)
		c.checked[key] = check
	}
	return check
}

func compare(file string, f *os.File, want Sum) error {
	h := newHashing(io.Discard)
	if _, err := io.Copy(h, f); err != nil {
		return damaged(file, err)
	}
	if h.sum().SHA256 != want.SHA256 {
		return damaged(file, errDigest)
	}
	return nil
}

// Touch marks a file that Create wrote as used now. Where it cannot, as in another
// user's directory, the file is evicted a little early.
func Touch(file string) {
	now := time.Now()
	os.Chtimes(file+sumSuffix, now, now) // not the file, which must not seem to change
}

// Used returns when a file was last touched, or written; zero if that is unknown.
func Used(file string) time.Time {
	info, err := os.Lstat(file + sumSuffix)
	if err != nil {
		return time.Time{}
	}
	return info.ModTime()
}
