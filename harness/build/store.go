package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// store is the cache on disk: keys/KEY holds the digest of an object,
// objects/DIGEST.o the object, locks/XX the locks of all keys that begin
// with XX. Files appear by renaming, so no reader ever sees half of one.
type store struct{ dir string }

// lock takes the lock of key, over all processes, or gives up when ctx ends.
func (s store) lock(ctx context.Context, key string) (unlock func(), err error) {
	unlock, err = lease.Lock(ctx, filepath.Join(s.dir, "locks", key[:2]))
	if err != nil {
		return nil, &HostError{fmt.Errorf("object cache: %w", cache.Explain(err))}
	}
	return unlock, nil
}

// load returns the object of key, fs.ErrNotExist if there is none, and a
// *cache.DamagedError if it does not match its digest.
func (s store) load(key string) (Object, error) {
	recorded, err := readPlain(s.keyPath(key))
	if err != nil {
		return Object{}, err
	}
	path := s.objectPath(strings.TrimSpace(string(recorded)))
	bytes, err := readPlain(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Object{}, &cache.DamagedError{File: s.keyPath(key), Err: errors.New("it names no object that is there")}
	}
	if err != nil {
		return Object{}, err
	}
	if s.objectPath(digest(bytes)) != path {
		return Object{}, damagedObject(path)
	}
	object := newObject(bytes)
	object.Path, object.Cached = path, true
	return object, nil
}

func damagedObject(path string) error {
	return &cache.DamagedError{File: path, Err: errors.New("its SHA-256 is not its name")}
}

// readPlain reads a file that no stranger can write.
func readPlain(path string) ([]byte, error) {
	if _, err := os.Lstat(path); err != nil {
		return nil, err
	}
	if err := cache.Inspect(path, cache.AnySize); err != nil {
		return nil, err
	}
	return os.ReadFile(path)
}

func (s store) save(key string, bytes []byte) (Object, error) {
	object := newObject(bytes)
	object.Path = s.objectPath(object.SHA256)
	err := cache.Replace(object.Path, bytes)
	if err == nil {
		err = cache.Replace(s.keyPath(key), []byte(object.SHA256+"\n"))
	}
	if err != nil {
		return Object{}, &HostError{fmt.Errorf("object cache: %w", err)}
	}
	return object, nil
}

func (s store) keysDir() string { return filepath.Join(s.dir, "keys") }

func (s store) objectsDir() string { return filepath.Join(s.dir, "objects") }

func (s store) keyPath(key string) string { return filepath.Join(s.keysDir(), key) }

func (s store) objectPath(digest string) string {
	return filepath.Join(s.objectsDir(), filepath.Base(digest)+objectSuffix)
}

const objectSuffix = ".o"
