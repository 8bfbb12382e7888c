//go:build linux

package template

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// Info is a template in a list.
type Info struct {
	Key   string
	About About
	Disk  int64     // bytes it takes of the disk
	Used  time.Time // when a machine was last forked from it
}

// List returns all templates, the least recently used first. What is damaged in a
// way that is seen at once is left out.
func (s *Store) List() ([]Info, error) {
	entries, err := os.ReadDir(s.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var all []Info
	for _, e := range entries {
		if info, ok := s.info(e.Name()); ok {
			all = append(all, info)
		}
	}
	slices.SortFunc(all, func(a, b Info) int { return a.Used.Compare(b.Used) })
	return all, nil
}

func (s *Store) info(key string) (Info, bool) {
	file := filepath.Join(s.dir, key, manifestName)
	f, err := os.Open(file)
	if err != nil || strings.HasPrefix(key, ".") {
		return Info{}, false
	}
	defer f.Close()
	stat, err := f.Stat()
	if err != nil {
		return Info{}, false
	}
	m, err := readManifest(f)
	return Info{Key: key, About: m.About, Disk: diskSize(filepath.Join(s.dir, key)), Used: stat.ModTime()}, err == nil
}

// diskSize returns what a directory's files take of the disk, in bytes.
func diskSize(dir string) (sum int64) {
	entries, _ := os.ReadDir(dir) // none if it is gone
	for _, e := range entries {
		var at unix.Stat_t
		if unix.Lstat(filepath.Join(dir, e.Name()), &at) == nil {
			sum += at.Blocks * 512 // stat(2): in these units, whatever the file system's are
		}
	}
	return sum
}

// evict removes the least recently used templates while all take more than the
// limit, but never the one to keep. What cannot be removed stays.
func (s *Store) evict(keep string) {
	all, err := s.List()
	if err != nil {
		return
	}
	var sum int64
	for _, info := range all {
		sum += info.Disk
	}
	for _, info := range all {
		if sum <= s.limit {
			return
		}
		if info.Key != keep && s.Drop(info.Key) == nil {
			sum -= info.Disk
		}
	}
}

// Verify reads every template and returns those that are damaged, and how many are sound.
func (s *Store) Verify() (bad []cache.Finding, sound int) {
	reader := New(s.dir, s.limit)
	reader.sums = new(cache.Memo) // what was read before is read again
	for _, dir := range cache.Files(s.dir, "") {
		t, err := reader.Open(filepath.Base(dir))
		if err == nil {
			err = errors.Join(t.Verify(), t.Close())
		}
		if err != nil {
			bad = append(bad, cache.Finding{Kind: "template", Path: dir, Err: err})
			continue
		}
		sound++
	}
	return bad, sound
}

// Prune removes every template, also those that are damaged, the records of those that
// could not be made, and what dead processes left. It returns the bytes that came free. Machines that run are
// not disturbed.
func (s *Store) Prune() (freed int64, err error) {
	lease.Sweep(s.dir, tempPrefix)
	entries, err := os.ReadDir(s.dir)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	errs := []error{s.pruneRefusals(entries), s.sums.Forget()}
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), ".") {
			continue
		}
		size := diskSize(filepath.Join(s.dir, e.Name()))
		if err := s.Drop(e.Name()); err != nil {
			errs = append(errs, err)
			continue
		}
		freed += size
	}
	return freed, errors.Join(append(errs, err)...)
}
