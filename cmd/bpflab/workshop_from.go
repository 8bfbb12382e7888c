package main

import (
	"errors"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// usePrepared takes what a prepared directory has besides packages, if --from names one:
// its choice of kernels and its labs, unless flags name others, and its objects.
func (f *workshopFlags) usePrepared() error {
	dir := f.machines.origin.from
	if dir == "" {
		return nil
	}
	s, err := openStick(dir)
	switch {
	case errors.Is(err, errNoStick):
		return nil // a directory of `bpflab kernels save`
	case err != nil:
		return usageError{err}
	}
	if !f.given.kernels {
		f.given.kernels, f.machines.kernels = true, s.Kernels
	}
	own := filepath.Join(dir, stickLabs)
	if _, err := os.Stat(own); err == nil && f.labs == "" && (f.lab == "" || embedded(f.lab)) {
		f.labs = own
	}
	root, err := store.DefaultRoot()
	if err != nil {
		return err
	}
	return copyObjects(filepath.Join(dir, stickObjects), objectCache(root))
}

// copyObjects copies compiled objects that the cache does not have. They count only for
// the compiler that made them.
func copyObjects(from, to string) error {
	for _, dir := range []string{"objects", "keys"} { // a key last: it names an object
		entries, err := os.ReadDir(filepath.Join(from, dir))
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			target := filepath.Join(to, dir, e.Name())
			if _, err := os.Stat(target); err == nil || cache.IsSum(e.Name()) {
				continue
			}
			text, err := os.ReadFile(filepath.Join(from, dir, e.Name()))
			if err == nil {
				err = cache.Replace(target, text)
			}
			if err != nil {
				return err
			}
		}
	}
	return nil
}
