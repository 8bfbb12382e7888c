package initramfs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"
)

// Cache keeps archives in a directory, each named by the digest of what it is
// made of. It is safe for many goroutines and many processes.
type Cache struct {
	dir  string
	sums sums

	mu       sync.Mutex      // one archive is built at a time: it takes tens of megabytes
	complete map[string]bool // kernels that have the modules needed of them
}

// NewCache returns a cache in dir, which is made when it is needed.
func NewCache(dir string) *Cache { return &Cache{dir: dir, complete: map[string]bool{}} }

// File is the path of the archive of o, which is built if it is not there. Of
// a file in the cache nothing is ever changed but its time, and none is removed
// within an hour after it was asked for. Errors are Build's and the file
// system's.
func (c *Cache) File(ctx context.Context, o Options) (string, error) {
	digest, err := c.digest(o)
	if err != nil {
		return "", err
	}
	file := filepath.Join(c.dir, digest+suffix)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.checkNeeded(o); err != nil {
		return "", err
	}
	if touch(file) {
		return file, nil
	}
	entries, err := contents(ctx, o)
	if err != nil {
		return "", err
	}
	if err := c.write(file, entries, o.Userland); err != nil {
		return "", fmt.Errorf("initramfs: %w", err)
	}
	c.evict(time.Now())
	return file, nil
}

// checkNeeded finds needed modules that the kernel lacks: an archive may be
// there for those who only want them.
func (c *Cache) checkNeeded(o Options) error {
	if o.Modules == "" || len(o.Needed) == 0 {
		return nil
	}
	key := o.Modules + " " + strings.Join(o.Needed, " ")
	if c.complete[key] {
		return nil
	}
	t, err := openTree(o.Modules)
	if err != nil {
		return err
	}
	for _, name := range o.Needed {
		if name = canonical(name); t.files[name] == "" && !t.builtin[name] {
			return t.lacks(name)
		}
	}
	c.complete[key] = true
	return nil
}

const suffix = ".cpio"

// touch marks a file as used and says whether it is there.
func touch(file string) bool {
	now := time.Now()
	err := os.Chtimes(file, now, now)
	if errors.Is(err, fs.ErrPermission) { // another user's, who shares the cache
		_, err = os.Stat(file)
	}
	return err == nil
}

// write makes the file, whole or not at all, of entries and of another file that follows.
func (c *Cache) write(file string, entries []entry, follows string) error {
	if err := os.MkdirAll(c.dir, 0o755); err != nil {
		return err
	}
	temp, err := newTemp(c.dir)
	if err != nil {
		return err
	}
	defer os.Remove(temp.Name()) // it is renamed if all went well
	defer temp.Close()           // and locked until then
	if err := archive(temp, entries); err != nil {
		return err
	}
	if err := appendFile(temp, follows); err != nil {
		return err
	}
	if err := errors.Join(temp.Chmod(0o644), temp.Sync()); err != nil {
		return err
	}
	return os.Rename(temp.Name(), file)
}

// appendFile appends a file, "" for none, at a boundary that archives in one another
// keep to.
func appendFile(to *os.File, name string) error {
	if name == "" {
		return nil
	}
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	end, err := to.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if _, err := to.Write(make([]byte, (512-end%512)%512)); err != nil {
		return err
	}
	_, err = io.Copy(to, in)
	return err
}
