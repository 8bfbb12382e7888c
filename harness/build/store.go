package build

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"

	"github.com/bpflab/bpflab/vms/lease"
)

// lockPoll is how often a waiting process looks for a lock to become free.
const lockPoll = 20 * time.Millisecond

// store is the cache on disk: keys/KEY holds the digest of an object,
// objects/DIGEST.o the object, locks/XX the locks of all keys that begin
// with XX. Files appear by renaming, so no reader ever sees half of one.
type store struct{ dir string }

// lock takes the lock of key, over all processes, or gives up when ctx ends.
func (s store) lock(ctx context.Context, key string) (unlock func(), err error) {
	dir := filepath.Join(s.dir, "locks")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("object cache: %w", err)
	}
	lock := flock.New(filepath.Join(dir, key[:2]))
	if _, err := lock.TryLockContext(ctx, lockPoll); err != nil {
		return nil, fmt.Errorf("object cache: lock %s: %w", lock.Path(), err)
	}
	return func() { lock.Close() }, nil
}

// load returns the object of key. One whose bytes are not what was recorded
// (a crash, a full disk) counts as absent.
func (s store) load(key string) (Object, bool) {
	recorded, err := os.ReadFile(s.keyPath(key))
	if err != nil {
		return Object{}, false
	}
	path := s.objectPath(strings.TrimSpace(string(recorded)))
	bytes, err := os.ReadFile(path)
	if err != nil || s.objectPath(digest(bytes)) != path {
		return Object{}, false
	}
	object := newObject(bytes)
	object.Path, object.Cached = path, true
	return object, true
}

func (s store) save(key string, bytes []byte) (Object, error) {
	object := newObject(bytes)
	object.Path = s.objectPath(object.SHA256)
	err := write(object.Path, bytes)
	if err == nil {
		err = write(s.keyPath(key), []byte(object.SHA256+"\n"))
	}
	if err != nil {
		return Object{}, fmt.Errorf("object cache: %w", err)
	}
	return object, nil
}

func (s store) keyPath(key string) string { return filepath.Join(s.dir, "keys", key) }

func (s store) objectPath(digest string) string {
	return filepath.Join(s.dir, "objects", filepath.Base(digest)+".o")
}

// write puts bytes at path in one step and leaves nothing where it cannot.
func write(path string, bytes []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	file, err := lease.CreateTemp(filepath.Dir(path), ".tmp-")
	if err != nil {
		return err
	}
	_, err = file.Write(bytes)
	err = errors.Join(err, file.Chmod(0o644), file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		os.Remove(file.Name())
	}
	return err
}
