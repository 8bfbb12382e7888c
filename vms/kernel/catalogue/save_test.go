package catalogue

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// storeSource is a fakeSource that fetches through a store, as real ones do; its mirror is
// not there.
type storeSource struct {
	*fakeSource
	kept *store.Store
}

func (s storeSource) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	path, err := s.kept.Blob(ctx, ref.Package(), "http://127.0.0.1:9/"+ref.Package().Path)
	return []string{path}, err
}

func TestSave(t *testing.T) {
	s := newSource(t)
	first, second := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2"), s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	c := catalogueOf(t, s, false, first, second)
	dir := filepath.Join(t.TempDir(), "saved")
	lock, err := c.Save(t.Context(), []string{"6.1", "latest"}, dir)
	if err != nil || len(lock.Refs) != 2 {
		t.Fatal(lock, err)
	}
	if _, err := c.Save(t.Context(), []string{"6.1", "latest"}, dir); err != nil {
		t.Errorf("a second time: %v", err)
	}
	t.Run("offline", func(t *testing.T) { offlineFrom(t, dir, s) })
	t.Run("damaged", func(t *testing.T) {
		path := filepath.Join(dir, "blobs", first.Package().SHA256)
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
		from := openFrom(t, dir, s)
		if image, err := from.Image(t.Context(), one(t, from, "6.1")); !errors.As(err, new(*kernel.UnavailableError)) {
			t.Errorf("got %+v, %v", image, err)
		}
	})
}

// openFrom opens a catalogue of the saved directory, in a new cache, on a mirror that does
// not answer.
func openFrom(t *testing.T, dir string, s *fakeSource) *Catalogue {
	t.Helper()
	text, err := Saved(dir)
	if err != nil {
		t.Fatal(err)
	}
	root := t.TempDir()
	kept, err := store.Open(store.Options{Root: root, Packages: packagesIn(dir)})
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Cache: root, From: dir, Lock: text, Locked: true, Sources: []kernel.Source{storeSource{s, kept}}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func offlineFrom(t *testing.T, dir string, s *fakeSource) {
	c := openFrom(t, dir, s)
	for selector, want := range map[string]string{"6.1": "6.1.0-56-cloud-amd64", "latest": "7.3.4-cloud-amd64"} {
		image, err := c.Image(t.Context(), one(t, c, selector))
		if err != nil || image.Release != want {
			t.Errorf("%s: got %+v, %v", selector, image, err)
		}
	}
	if _, err := c.Resolve(t.Context(), []string{"6.12"}); !errors.As(err, new(*kernel.SelectorError)) {
		t.Errorf("what was not saved: %v", err)
	}
}

func TestSaveTar(t *testing.T) {
	s := newSource(t)
	ref := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	c := catalogueOf(t, s, false, ref)
	name := filepath.Join(t.TempDir(), "saved.tar")
	if _, err := c.Save(t.Context(), []string{"6.1"}, name); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var names []string
	for r := tar.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name)
	}
	if !slices.Equal(names, []string{"kernels.lock", "blobs/" + ref.Package().SHA256}) {
		t.Errorf("got %q", names)
	}
	if _, err := Saved(name); err == nil || !strings.Contains(err.Error(), "tar -xf") {
		t.Errorf("got %v", err)
	}
}

func TestSaveErrors(t *testing.T) {
	c := catalogueOf(t, newSource(t), false)
	if _, err := c.Import(t.Context(), Import{Path: write(t, "bzImage", kerneltest.Kernel("4.19.72")), Name: "old"}); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Save(t.Context(), []string{"local:old"}, t.TempDir()); !errors.As(err, new(*kernel.SelectorError)) {
		t.Errorf("an import: %v", err)
	}
	if _, err := Saved(t.TempDir()); err == nil || !strings.Contains(err.Error(), "kernels save") {
		t.Errorf("nothing saved: %v", err)
	}
}
