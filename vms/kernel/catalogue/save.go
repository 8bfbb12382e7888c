package catalogue

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Names of what Save writes.
const (
	savedLock  = "kernels.lock"
	savedBlobs = "blobs"
)

// Saved reads the lock file in a directory that Save has filled, for Options.Lock; its
// packages are found through Options.From.
func Saved(dir string) ([]byte, error) {
	if info, err := os.Stat(dir); err == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is no directory; unpack it first (tar -xf)", dir)
	}
	text, err := os.ReadFile(filepath.Join(dir, savedLock))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("%s has no %s; \"bpflab kernels save %s\" makes it", dir, savedLock, dir)
	}
	return text, err
}

// packagesIn returns where a saved directory has its packages.
func packagesIn(from string) string {
	if from == "" {
		return ""
	}
	return filepath.Join(from, savedBlobs)
}

// Save writes a lock file of the kernels that the selectors name, and their packages, into
// a directory, or a tar archive if the name ends in .tar. What is not in the cache is
// fetched. It returns what it has saved. A directory may have been filled before: then its
// packages stay.
func (c *Catalogue) Save(ctx context.Context, selectors []string, name string) (kernel.Lock, error) {
	refs, err := c.Resolve(ctx, selectors)
	if err != nil {
		return kernel.Lock{}, err
	}
	lock, files, err := c.collect(ctx, refs)
	if err != nil {
		return lock, err
	}
	text, err := lock.Text()
	if err != nil {
		return lock, err
	}
	if filepath.Ext(name) == ".tar" {
		return lock, saveTar(name, text, files)
	}
	return lock, saveDirectory(name, text, files)
}

// collect fetches the packages of kernels and returns their paths in the store by digest.
func (c *Catalogue) collect(ctx context.Context, refs []kernel.Ref) (kernel.Lock, map[string]string, error) {
	var lock kernel.Lock
	files := map[string]string{}
	for _, ref := range refs {
		if !kernel.CanPin(ref.Source) {
			return lock, nil, &kernel.SelectorError{Selector: ref.Label(), Problem: "only exists here: it cannot be saved"}
		}
		source, err := c.sourceOf(ref)
		if err != nil {
			return lock, nil, err
		}
		paths, err := source.Fetch(ctx, ref)
		if errors.Is(err, kernel.ErrGone) && !c.locked {
			if ref, err = c.newest(ctx, ref); err == nil {
				paths, err = source.Fetch(ctx, ref)
			}
		}
		if err != nil {
			return lock, nil, fmt.Errorf("kernel %s: %w", ref.Label(), withHint(err, ref.Source))
		}
		lock = lock.With(ref)
		for i, path := range paths {
			digest := filepath.Base(path) // what a package refers to lies in the store under its digest
			if i < len(ref.Files) {
				digest = ref.Files[i].SHA256
			}
			files[digest] = path
		}
	}
	return c.collectBusyboxes(ctx, lock, files)
}

// collectBusyboxes adds the busyboxes that machines with the kernels of a lock file need.
func (c *Catalogue) collectBusyboxes(ctx context.Context, lock kernel.Lock, files map[string]string) (kernel.Lock, map[string]string, error) {
	for _, arch := range lock.Foreign() {
		b, path, err := c.busybox(ctx, arch, c.fetchBusybox)
		if errors.Is(err, errNoBusyboxes) {
			continue
		}
		if err != nil {
			return lock, nil, err
		}
		files[b.File.SHA256] = path
		lock = lock.WithBusybox(b)
	}
	return lock, files, nil
}

func saveDirectory(dir string, lock []byte, files map[string]string) error {
	blobs := filepath.Join(dir, savedBlobs)
	if err := os.MkdirAll(blobs, 0o755); err != nil {
		return err
	}
	for digest, path := range files {
		if err := store.CopyFile(path, filepath.Join(blobs, digest)); err != nil {
			return err
		}
	}
	return os.WriteFile(filepath.Join(dir, savedLock), lock, 0o644)
}

func saveTar(name string, lock []byte, files map[string]string) error {
	out, err := os.Create(name)
	if err != nil {
		return err
	}
	w := tar.NewWriter(out)
	err = w.WriteHeader(&tar.Header{Name: savedLock, Mode: 0o644, Size: int64(len(lock))})
	if err == nil {
		_, err = w.Write(lock)
	}
	for digest, path := range files {
		if err == nil {
			err = addFile(w, savedBlobs+"/"+digest, path)
		}
	}
	return errors.Join(err, w.Close(), out.Close())
}

func addFile(w *tar.Writer, name, path string) error {
	in, err := os.Open(path)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := w.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(w, in)
	return err
}
