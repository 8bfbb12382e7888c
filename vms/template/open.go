//go:build linux

package template

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
)

// Template is an open template. Its files do not change, whatever happens to the store.
type Template struct {
	About  About
	Memory *os.File // to be mapped privately; open for writing because QEMU wants that
	State  *os.File

	store    *Store
	manifest manifest
}

// Close closes its files.
func (t *Template) Close() error { return errors.Join(t.Memory.Close(), t.State.Close()) }

// Open opens the template of the key and marks it as used. The error is
// fs.ErrNotExist if there is none, and a *cache.DamagedError if a file is missing, too
// short or too long, or belongs to or can be written by another user, who could
// put into it what he likes.
func (s *Store) Open(key string) (*Template, error) {
	dir := filepath.Join(s.dir, key)
	if info, err := os.Lstat(dir); err == nil && !info.IsDir() {
		return nil, &cache.DamagedError{File: dir, Err: errors.New("it is no directory")}
	}
	root, err := os.OpenRoot(dir) // one directory, though another may take its place
	if err != nil {
		return nil, err
	}
	defer root.Close()
	t := &Template{store: s}
	if err := t.open(root); err != nil {
		return nil, err
	}
	now := time.Now()
	root.Chtimes(manifestName, now, now) // if not, it is evicted a little early
	return t, nil
}

const (
	memoryName   = "memory"
	stateName    = "state"
	manifestName = "template.json"
)

func (t *Template) open(root *os.Root) error {
	f, err := openOwn(root, manifestName, os.O_RDONLY, -1)
	if err != nil {
		return err
	}
	defer f.Close()
	if t.manifest, err = readManifest(f); err != nil {
		return &cache.DamagedError{File: f.Name(), Err: err}
	}
	t.About = t.manifest.About
	if t.Memory, err = openOwn(root, memoryName, os.O_RDWR, t.manifest.Memory); err != nil {
		return err
	}
	if t.State, err = openOwn(root, stateName, os.O_RDONLY, t.manifest.StateSize); err != nil {
		t.Memory.Close()
		return err
	}
	return nil
}

// openOwn opens a file of this user's that no other can write. size is that it
// must have, or negative.
func openOwn(root *os.Root, name string, flag int, size int64) (*os.File, error) {
	f, err := root.OpenFile(name, flag|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, &cache.DamagedError{File: filepath.Join(root.Name(), name), Err: err}
	}
	if err := checkOwn(f, size); err != nil {
		f.Close()
		return nil, &cache.DamagedError{File: f.Name(), Err: err}
	}
	return f, nil
}

func checkOwn(f *os.File, size int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	var at unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &at); err != nil {
		return err
	}
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("not a file: %w", fs.ErrInvalid)
	case int(at.Uid) != os.Geteuid():
		return fmt.Errorf("it belongs to user %d: %w", at.Uid, fs.ErrPermission)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others may write it (%s): %w", info.Mode(), fs.ErrPermission)
	case size >= 0 && info.Size() != size:
		return fmt.Errorf("%d bytes, want %d", info.Size(), size)
	}
	return nil
}

// stamp is a file as it was when it was verified.
type stamp struct {
	device, inode uint64
	size          int64
	changed       unix.Timespec
}

// Verify returns a *cache.DamagedError if the template is not what was saved. It reads the
// files, unless they have not changed since this host has read them.
func (t *Template) Verify() error {
	memory, err := t.verify("memory", t.Memory, t.manifest.MemorySum, sumMemory)
	if err != nil {
		return err
	}
	state, err := t.verify("state", t.State, t.manifest.StateSum, sumState)
	if err != nil {
		return err
	}
	if err := memory(); err != nil {
		return err
	}
	return state()
}

// verify returns a function that checks the sum of a kind of a file; it does its work once
// for all who have the same file.
func (t *Template) verify(kind string, f *os.File, want uint32, sum func(*os.File, int64) (uint32, error)) (func() error, error) {
	var at unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &at); err != nil {
		return nil, &cache.DamagedError{File: f.Name(), Err: err}
	}
	key := stamp{uint64(at.Dev), at.Ino, at.Size, at.Ctim}
	t.store.mu.Lock()
	defer t.store.mu.Unlock()
	check := t.store.verified[key]
	if check == nil {
		check = sync.OnceValue(func() error {
			got, err := t.store.sums.Of(f, kind, func() (string, error) {
				got, err := sum(f, at.Size)
				return fmt.Sprintf("%08x", got), err
			})
			if want := fmt.Sprintf("%08x", want); err == nil && got != want {
				err = fmt.Errorf("checksum %s, want %s", got, want)
			}
			if err != nil {
				return &cache.DamagedError{File: f.Name(), Err: err}
			}
			return nil
		})
		t.store.verified[key] = check
	}
	return check, nil
}
