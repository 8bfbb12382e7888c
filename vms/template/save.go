//go:build linux

package template

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// Save keeps a template: about.Memory bytes of memory, of which pages of zeros
// take no room, and state as it is. One of the same key is replaced; those least
// recently used are removed while all take more than the limit. On error
// nothing is left behind.
func (s *Store) Save(ctx context.Context, key string, about About, memory, state *os.File) error {
	if err := s.save(ctx, key, about, memory, state); err != nil {
		return fmt.Errorf("save a template in %s: %w", s.dir, cache.Explain(err))
	}
	s.evict(key)
	return nil
}

func (s *Store) save(ctx context.Context, key string, about About, memory, state *os.File) error {
	if err := os.MkdirAll(s.dir, 0o700); err != nil {
		return err
	}
	temp, remove, err := lease.MkdirTemp(s.dir, tempPrefix)
	if err != nil {
		return err
	}
	defer remove() // what is in it is renamed if all went well
	whole := filepath.Join(temp, "whole")
	if err := write(ctx, whole, about, memory, state); err != nil {
		return err
	}
	return replace(whole, filepath.Join(s.dir, key), filepath.Join(temp, "old"))
}

// write writes a template's files into a new directory.
func write(ctx context.Context, dir string, about About, memory, state *os.File) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	m := manifest{Schema: schema, About: about}
	var err error
	if m.MemorySum, err = copyMemory(ctx, filepath.Join(dir, memoryName), memory, about.Memory); err != nil {
		return err
	}
	if m.StateSize, m.StateSum, err = copyState(filepath.Join(dir, stateName), state); err != nil {
		return err
	}
	if m.Sum, err = m.ownSum(); err != nil {
		return err
	}
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, manifestName), append(text, '\n'), 0o600)
}

func copyMemory(ctx context.Context, name string, from *os.File, size int64) (sum uint32, err error) {
	to, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	if err := to.Truncate(size); err != nil {
		return 0, err
	}
	var all memorySum
	err = eachRun(from, size, func(at int64, run []byte) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		all.add(at, run)
		_, err := to.WriteAt(run, at)
		return err
	})
	return uint32(all), err
}

func copyState(name string, from *os.File) (size int64, sum uint32, err error) {
	to, err := os.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return 0, 0, err
	}
	defer func() { err = errors.Join(err, to.Close()) }()
	info, err := from.Stat()
	if err != nil {
		return 0, 0, err
	}
	if _, err := io.Copy(to, io.NewSectionReader(from, 0, info.Size())); err != nil {
		return 0, 0, err
	}
	sum, err = sumState(to, info.Size())
	return info.Size(), sum, err
}

// replace renames a directory; what has its name already goes below aside.
// Others may take the name again, or give it up, between any two steps.
func replace(from, to, aside string) error {
	for i := 0; ; i++ {
		err := os.Rename(from, to)
		if !errors.Is(err, unix.EEXIST) && !errors.Is(err, unix.ENOTEMPTY) && !errors.Is(err, unix.ENOTDIR) {
			return err
		}
		err = os.Rename(to, fmt.Sprint(aside, i))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
}
