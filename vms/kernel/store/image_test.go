package store

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

const id = "0123"

// fill lays out a fake image.
func fill(dir string) (kernel.Image, error) {
	files := map[string]string{"vmlinuz": "boot me", "config": "CONFIG_X=y", "lib/modules/6.1/a.ko": "module"}
	for name, text := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return kernel.Image{}, err
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return kernel.Image{}, err
		}
	}
	return kernel.Image{Release: "6.1", Kernel: "vmlinuz", Config: "config", Modules: "lib/modules/6.1"}, nil
}

func build(t *testing.T, s *Store) kernel.Image {
	t.Helper()
	image, err := s.Build(t.Context(), id, fill)
	if err != nil {
		t.Fatal(err)
	}
	return image
}

func TestBuild(t *testing.T) {
	s := open(t, t.TempDir())
	if _, err := s.Image(id); !errors.Is(err, ErrAbsent) {
		t.Errorf("before: got %v", err)
	}
	image := build(t, s)
	for _, path := range []string{image.Kernel, image.Config, image.Modules} {
		if !filepath.IsAbs(path) || !exists(path) {
			t.Errorf("%q is not there", path)
		}
	}
	again, err := s.Image(id)
	if err != nil || again != image {
		t.Errorf("got %+v, %v; want %+v", again, err, image)
	}
	if err := s.VerifyImage(t.Context(), id); err != nil {
		t.Error(err)
	}
}

func TestManyBuildOne(t *testing.T) {
	root := t.TempDir()
	var built atomic.Int32
	var group sync.WaitGroup
	for range 8 {
		s := open(t, root)
		group.Go(func() {
			_, err := s.Build(t.Context(), id, func(dir string) (kernel.Image, error) {
				built.Add(1)
				return fill(dir)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times", n)
	}
}

func TestFailedBuildLeavesNothing(t *testing.T) {
	s := open(t, t.TempDir())
	want := errors.New("no")
	_, err := s.Build(t.Context(), id, func(dir string) (kernel.Image, error) {
		_, _ = fill(dir)
		return kernel.Image{}, want
	})
	if !errors.Is(err, want) {
		t.Errorf("got %v", err)
	}
	if left := leftovers(t, s); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestDamagedImage(t *testing.T) {
	tests := []struct {
		name   string
		damage func(dir string) error
		boots  bool // Image does not look at it
	}{
		{"kernel changed, same size", func(dir string) error {
			name := filepath.Join(dir, "vmlinuz") // its time is set: clocks of file systems are coarse
			return errors.Join(os.WriteFile(name, []byte("boot ME"), 0o644), os.Chtimes(name, time.Time{}, time.Unix(1, 0)))
		}, false},
		{"kernel gone", func(dir string) error { return os.Remove(filepath.Join(dir, "vmlinuz")) }, false},
		{"config cut off", func(dir string) error { return os.Truncate(filepath.Join(dir, "config"), 3) }, false},
		{"module changed", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "lib/modules/6.1/a.ko"), []byte("MODULE"), 0o644)
		}, true},
		{"file added", func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "lib/modules/6.1/z.ko"), []byte("more"), 0o644)
		}, true},
		{"file gone", func(dir string) error { return os.Remove(filepath.Join(dir, "lib/modules/6.1/a.ko")) }, true},
		{"link added", func(dir string) error { return os.Symlink("/etc", filepath.Join(dir, "link")) }, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := open(t, t.TempDir())
			build(t, s)
			if err := tt.damage(s.ImageDir(id)); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Image(id); (err == nil) != tt.boots || err != nil && !errors.Is(err, ErrAbsent) {
				t.Errorf("Image: %v", err)
			}
			if err := s.VerifyImage(t.Context(), id); err == nil {
				t.Error("VerifyImage saw nothing")
			}
			if err := s.RemoveImage(t.Context(), id); err != nil {
				t.Fatal(err)
			}
			build(t, s)
			if err := s.VerifyImage(t.Context(), id); err != nil {
				t.Errorf("built anew: %v", err)
			}
		})
	}
}

// A touched file is hashed again, not thrown away.
func TestTouchedImage(t *testing.T) {
	s := open(t, t.TempDir())
	image := build(t, s)
	if err := os.WriteFile(image.Kernel, []byte("boot me"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Image(id); err != nil {
		t.Error(err)
	}
}

func TestDamagedRecord(t *testing.T) {
	for _, text := range []string{"", "{", `{"schema": 99}`} {
		s := open(t, t.TempDir())
		build(t, s)
		if err := os.WriteFile(s.recordPath(id), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Image(id); !errors.Is(err, ErrAbsent) {
			t.Errorf("%q: got %v", text, err)
		}
		build(t, s)
	}
}

func TestPrune(t *testing.T) {
	s := open(t, t.TempDir())
	kept := kernel.Ref{Files: []kernel.File{fileOf([]byte("kept"))}}
	other := kernel.Ref{Files: []kernel.File{fileOf([]byte("other"))}}
	for _, ref := range []kernel.Ref{kept, other} {
		if _, err := s.Build(t.Context(), ref.ID(), fill); err != nil {
			t.Fatal(err)
		}
	}
	blob := filepath.Join(t.TempDir(), "kept")
	if err := os.WriteFile(blob, []byte("kept"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := s.AddBlob(t.Context(), blob); err != nil {
		t.Fatal(err)
	}
	before := s.Size()
	if err := s.Prune(t.Context(), []kernel.Ref{kept}); err != nil || s.Size() >= before {
		t.Errorf("%d bytes before, %d after, %v", before, s.Size(), err)
	}
	if _, err := s.Image(kept.ID()); err != nil {
		t.Errorf("kept: %v", err)
	}
	if s.CheckBlob(kept.Files[0]) != nil {
		t.Error("the kept package is gone")
	}
	for _, left := range leftovers(t, s) {
		if strings.Contains(left, other.ID()) {
			t.Errorf("%s is still there", left)
		}
	}
}

func TestVerifyBlobs(t *testing.T) {
	s := open(t, t.TempDir())
	name := filepath.Join(t.TempDir(), "b")
	if err := os.WriteFile(name, []byte("blob"), 0o644); err != nil {
		t.Fatal(err)
	}
	file, err := s.AddBlob(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	if bad, err := s.VerifyBlobs(t.Context()); len(bad) > 0 || err != nil {
		t.Errorf("before: %v, %v", bad, err)
	}
	if err := errors.Join(os.Chmod(s.BlobPath(file), 0o644), os.WriteFile(s.BlobPath(file), []byte("BLOB"), 0o644)); err != nil {
		t.Fatal(err)
	}
	bad, err := s.VerifyBlobs(t.Context())
	if err != nil || !errors.As(bad[file.SHA256], new(*cache.DamagedError)) {
		t.Errorf("after: %v, %v", bad, err)
	}
}

func TestImports(t *testing.T) {
	s := open(t, t.TempDir())
	ref := kernel.Ref{Source: kernel.Local, Name: "mine", Version: kernel.Version{Major: 4, Minor: 19}, Files: []kernel.File{fileOf(nil)}}
	if err := s.SaveImport(t.Context(), ref); err != nil {
		t.Fatal(err)
	}
	got := s.Imports()
	if len(got) != 1 || got[0].Label() != "local:mine" || got[0].Version != ref.Version {
		t.Errorf("got %+v", got)
	}
	ref.Name = "../x"
	if err := s.SaveImport(t.Context(), ref); err == nil {
		t.Error("a name outside was accepted")
	}
	if err := s.RemoveImport("mine"); err != nil {
		t.Error(err)
	}
	if got := s.Imports(); len(got) != 0 {
		t.Errorf("after removal: %v", got)
	}
}
