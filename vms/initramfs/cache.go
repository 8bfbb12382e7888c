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

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cpio"
)

// Cache keeps archives in a directory, each named by the digest of what it is
// made of. It is safe for many goroutines and many processes.
type Cache struct {
	dir     string
	sums    sums
	checker cache.Checker

	mu       sync.Mutex      // one archive is built at a time: it takes tens of megabytes
	complete map[string]bool // kernels that have the modules needed of them
}

// NewCache returns a cache in dir, which is made when it is needed.
func NewCache(dir string) *Cache {
	return &Cache{dir: dir, sums: sums{cache.NewMemo(filepath.Join(dir, ".sums"))}, complete: map[string]bool{}}
}

// File returns the path of the archive of o. It builds the archive if there is none, or if
// damage is visible without reading it, and then says so in note. Check reads it. No file
// in the cache is ever changed, and none is removed within an hour after its last use.
// Errors are Build's, o.CheckKernel's and the file system's.
func (c *Cache) File(ctx context.Context, o Options) (file, note string, err error) {
	digest, err := c.digest(o)
	if err != nil {
		return "", "", err
	}
	file = filepath.Join(c.dir, digest+suffix)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err := c.checkNeeded(o); err != nil {
		return "", "", err
	}
	_, err = cache.Look(file)
	if err == nil {
		cache.Touch(file)
		return file, "", nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		note = err.Error() + "; it was made again"
	}
	return file, note, c.build(ctx, file, o)
}

// Check compares an archive with the digest that was recorded of it, once in a process
// as long as it does not change. The error is a *cache.DamagedError.
func (c *Cache) Check(file string) error { return c.checker.CheckFile(file) }

// Checked returns the archive as File does, after reading and checking it, for a caller that has
// nothing else to do meanwhile.
func (c *Cache) Checked(ctx context.Context, o Options) (file, note string, err error) {
	file, note, err = c.File(ctx, o)
	if err != nil {
		return file, note, err
	}
	if damage := c.Check(file); damage != nil {
		c.Drop(file)
		file, _, err = c.File(ctx, o)
		note = damage.Error() + "; it was made again"
	}
	return file, note, err
}

// Drop removes an archive that Check found to be damaged, so that the next File makes it
// again; unless another has done so already.
func (c *Cache) Drop(file string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.Check(file) == nil {
		return nil
	}
	return cache.Remove(file)
}

func (c *Cache) build(ctx context.Context, file string, o Options) error {
	if o.CheckKernel != nil {
		if err := o.CheckKernel(ctx); err != nil {
			return err
		}
	}
	entries, err := contents(ctx, o)
	if err != nil {
		return err
	}
	if err := cache.Create(file, func(w io.Writer) error { return writeWith(w, entries, o.Rootfs) }); err != nil {
		return fmt.Errorf("initramfs: %w", err)
	}
	c.evict(time.Now())
	return nil
}

// checkNeeded finds needed modules that the kernel lacks: an archive may exist for callers
// to which they are optional.
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

// writeWith writes an archive of entries, and after it another one, "" for none, aligned
// as the kernel expects concatenated archives.
func writeWith(w io.Writer, entries []entry, follows string) error {
	out := cpio.NewWriter(w)
	if err := archive(out, entries); err != nil || follows == "" {
		return err
	}
	in, err := os.Open(follows)
	if err != nil {
		return err
	}
	defer in.Close()
	if err := out.Pad(512); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
