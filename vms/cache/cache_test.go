package cache_test

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

var content = bytes.Repeat([]byte("archive "), 10_000)

func written(t *testing.T) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "made", "when needed")
	if err := cache.Write(file, content); err != nil {
		t.Fatal(err)
	}
	return file
}

func names(t *testing.T, dir string) []string {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		out = append(out, e.Name())
	}
	return out
}

func TestWhatIsWrittenIsSound(t *testing.T) {
	file := written(t)
	var c cache.Checker
	if err := c.CheckFile(file); err != nil {
		t.Error(err)
	}
	if got, err := cache.Read(file); err != nil || !bytes.Equal(got, content) {
		t.Errorf("%d bytes, error %v", len(got), err)
	}
	if got := names(t, filepath.Dir(file)); len(got) != 2 {
		t.Errorf("files %q, want the file and its sum", got)
	}
}

// Every damage is found, and what is written over it is sound.
func TestDamage(t *testing.T) {
	for _, damage := range cachetest.All {
		for _, what := range []string{"", ".sum"} {
			t.Run(damage.Name+what, func(t *testing.T) {
				file := written(t)
				var c cache.Checker
				if err := c.CheckFile(file); err != nil {
					t.Fatal(err)
				}
				damage.Do(t, file+what)
				var damaged *cache.DamagedError
				if err := c.CheckFile(file); !errors.As(err, &damaged) && !(damage.Foreign && what != "") {
					t.Errorf("error %v, want a *DamagedError", err)
				}
				if got, err := cache.Read(file); damaged != nil && err == nil {
					t.Errorf("read %d bytes without an error", len(got))
				}
				if err := cache.Write(file, content); err != nil {
					t.Fatal(err)
				}
				if err := c.CheckFile(file); err != nil {
					t.Errorf("after it was written again: %v", err)
				}
			})
		}
	}
}

func TestLook(t *testing.T) {
	file := written(t)
	if err := os.Remove(file + ".sum"); err != nil {
		t.Fatal(err)
	}
	var damaged *cache.DamagedError
	if _, err := cache.Look(file); !errors.As(err, &damaged) || !errors.Is(err, cache.ErrNoSum) {
		t.Errorf("without its sum: %v", err)
	}
	if got, err := cache.Read(file); !errors.Is(err, cache.ErrNoSum) || !bytes.Equal(got, content) {
		t.Errorf("without its sum: %d bytes, %v", len(got), err)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if _, err := cache.Look(file); !errors.Is(err, fs.ErrNotExist) || errors.As(err, &damaged) {
		t.Errorf("without the file: %v", err)
	}
}

// A file that is touched does not seem to have changed, or each use would read it again.
func TestTouch(t *testing.T) {
	file := written(t)
	before, err := os.Stat(file)
	if err != nil {
		t.Fatal(err)
	}
	old := time.Now().Add(-time.Hour)
	if err := os.Chtimes(file+".sum", old, old); err != nil {
		t.Fatal(err)
	}
	cache.Touch(file)
	after, err := os.Stat(file)
	if err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("%v and then %v, %v", before, after, err)
	}
	if used := cache.Used(file); time.Since(used) > time.Minute {
		t.Errorf("used %v", used)
	}
}

func TestFailedCreateLeavesNothing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	want := errors.New("no more")
	err := cache.Create(file, func(w io.Writer) error {
		_, err := w.Write(content)
		return errors.Join(err, want)
	})
	if !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
	if left := names(t, filepath.Dir(file)); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestFullDisk(t *testing.T) {
	dir := cachetest.SmallDisk(t, "48")
	file := filepath.Join(dir, "file")
	err := cache.Write(file, content)
	if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), file) || strings.Count(err.Error(), "BPFLAB_CACHE") != 1 {
		t.Errorf("error %v, want one sentence that names the file and what to do", err)
	}
	if left := names(t, dir); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestSweep(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{".archive-1234", ".tmp-1", "file"} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	var during []string
	err := cache.Create(filepath.Join(dir, "other"), func(io.Writer) error {
		cache.Sweep(dir, time.Now().Add(2*time.Hour))
		during = names(t, dir)
		return errors.New("enough")
	})
	if err == nil || len(during) != 2 || !strings.HasPrefix(during[0], ".new-") || during[1] != "file" {
		t.Errorf("while one is written, after a sweep: %q, error %v", during, err)
	}
}

func TestVerifyFiles(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"a.cpio", "b.cpio", "c.txt"} {
		if err := cache.Write(filepath.Join(dir, name), content); err != nil {
			t.Fatal(err)
		}
	}
	cachetest.FlipAt(t, filepath.Join(dir, "b.cpio"), 5)
	var c cache.Checker
	bad, sound := c.VerifyFiles("archive", dir, ".cpio")
	if sound != 1 || len(bad) != 1 || bad[0].Path != filepath.Join(dir, "b.cpio") || bad[0].Kind != "archive" {
		t.Errorf("%d sound, bad: %v", sound, bad)
	}
	if err := os.Remove(filepath.Join(dir, "c.txt")); err != nil {
		t.Fatal(err)
	}
	if err := cache.RemoveLoneSums(dir); err != nil {
		t.Error(err)
	}
	if got := names(t, dir); len(got) != 4 {
		t.Errorf("left: %q, want two archives and their sums", got)
	}
}
