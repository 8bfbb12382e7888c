// Package cachetest damages files of a cache, and fills disks, for tests.
package cachetest

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// Damage is one way in which a file of the cache can be no good.
type Damage struct {
	Name string
	// Do does it to the file, or skips the test where this user cannot.
	Do func(t *testing.T, file string)
	// Foreign marks damage that leaves the content as it was.
	Foreign bool
}

// All are the ways in which every kind of cached file is damaged.
var All = []Damage{
	{Name: "cut to two thirds", Do: cut},
	{Name: "a byte flipped", Do: flip},
	{Name: "empty", Do: empty},
	{Name: "another user's", Do: giveAway, Foreign: true},
	{Name: "a directory in its place", Do: directory},
	{Name: "a dangling link in its place", Do: link},
}

// stranger is a user that nobody is.
const stranger = 54321

func cut(t *testing.T, file string) { must(t, os.Truncate(file, size(t, file)*2/3)) }

func empty(t *testing.T, file string) { must(t, os.Truncate(file, 0)) }

// flip changes a byte in the middle and leaves size and time as they were.
func flip(t *testing.T, file string) {
	info, err := os.Stat(file)
	must(t, err)
	must(t, os.Chmod(file, 0o644)) // packages are read-only
	FlipAt(t, file, info.Size()/2)
	must(t, os.Chmod(file, info.Mode()))
	must(t, os.Chtimes(file, time.Time{}, info.ModTime()))
}

// FlipAt changes the byte at a place.
func FlipAt(t *testing.T, file string, at int64) {
	t.Helper()
	f, err := os.OpenFile(file, os.O_RDWR, 0)
	must(t, err)
	defer f.Close()
	var b [1]byte
	_, err = f.ReadAt(b[:], at)
	must(t, err)
	b[0] ^= 1
	_, err = f.WriteAt(b[:], at)
	must(t, err)
}

func giveAway(t *testing.T, file string) {
	if os.Geteuid() != 0 {
		t.Skip("NOT ROOT: only root can give a file to another user")
	}
	must(t, os.Chown(file, stranger, stranger))
}

func directory(t *testing.T, file string) {
	must(t, os.Remove(file))
	must(t, os.MkdirAll(filepath.Join(file, "not", "empty"), 0o755))
}

func link(t *testing.T, file string) {
	must(t, os.Remove(file))
	must(t, os.Symlink(filepath.Join(filepath.Dir(file), "nowhere"), file))
}

func size(t *testing.T, file string) int64 {
	t.Helper()
	info, err := os.Stat(file)
	must(t, err)
	return info.Size()
}

// SmallDisk returns a directory on a file system of that many kilobytes, or skips the
// test where none can be mounted.
func SmallDisk(t *testing.T, kilobytes string) string {
	t.Helper()
	if runtime.GOOS != "linux" || os.Getuid() != 0 {
		t.Skip("NOT ROOT: a full disk needs a small tmpfs")
	}
	dir := t.TempDir()
	if err := mount(dir, "size="+kilobytes+"k"); err != nil {
		t.Skip("NO MOUNT ALLOWED: a full disk needs a small tmpfs:", err)
	}
	t.Cleanup(func() { unmount(dir) })
	return dir
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
