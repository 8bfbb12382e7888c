package initramfs

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// What the cache keeps: the newest archives, and all that were asked for so
// lately that a machine may just be starting from them.
const (
	keepArchives = 16
	keepUsed     = time.Hour
)

// tempPrefix marks files that are being written. Their writers hold a lock on
// them, so one without a lock has lost its writer.
const (
	tempPrefix = ".archive-"
	tempGrace  = time.Minute // between making a file and locking it
)

func newTemp(dir string) (*os.File, error) {
	f, err := os.CreateTemp(dir, tempPrefix+"*")
	if err != nil {
		return nil, err
	}
	if err := tryLock(f); err != nil {
		f.Close()
		os.Remove(f.Name())
		return nil, err
	}
	return f, nil
}

// evict removes what is too much and what dead processes left. What cannot be
// removed stays.
func (c *Cache) evict(now time.Time) {
	entries, err := os.ReadDir(c.dir)
	if err != nil {
		return
	}
	var archives []os.FileInfo
	for _, e := range entries {
		info, err := e.Info()
		switch {
		case err != nil || !info.Mode().IsRegular():
		case strings.HasPrefix(e.Name(), tempPrefix):
			removeAbandoned(filepath.Join(c.dir, e.Name()), now.Sub(info.ModTime()))
		case filepath.Ext(e.Name()) == suffix:
			archives = append(archives, info)
		}
	}
	slices.SortFunc(archives, func(a, b os.FileInfo) int { return b.ModTime().Compare(a.ModTime()) })
	for _, info := range archives[min(len(archives), keepArchives):] {
		if now.Sub(info.ModTime()) > keepUsed {
			os.Remove(filepath.Join(c.dir, info.Name()))
		}
	}
}

func removeAbandoned(file string, age time.Duration) {
	if age < tempGrace {
		return
	}
	f, err := os.Open(file)
	if err != nil {
		return
	}
	defer f.Close()
	if tryLock(f) == nil {
		os.Remove(file)
	}
}
