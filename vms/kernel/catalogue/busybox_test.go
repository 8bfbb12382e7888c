package catalogue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// boxSource is Debian with a busybox; err is that of its mirror.
type boxSource struct {
	dir     string
	newest  kernel.Busybox
	err     error
	fetched int
}

func (*boxSource) Name() string                       { return kernel.Debian }
func (*boxSource) Tracks() []string                   { return nil }
func (*boxSource) Claim(string) (string, bool, error) { return "", false, nil }
func (*boxSource) Mirror() string                     { return "" }
func (s *boxSource) List(context.Context, kernel.Want) ([]kernel.Ref, []string, error) {
	return nil, nil, s.err
}

func (s *boxSource) Busybox(context.Context, kernel.Arch) (kernel.Busybox, error) {
	return s.newest, s.err
}

func (s *boxSource) Fetch(_ context.Context, ref kernel.Ref) ([]string, error) {
	if s.err != nil {
		return nil, s.err
	}
	s.fetched++
	path := filepath.Join(s.dir, ref.Package().SHA256)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s %w", ref.Package().Package, kernel.ErrGone)
	}
	return []string{path}, nil
}

// add makes a package the newest.
func (s *boxSource) add(t *testing.T, version string) kernel.Busybox {
	t.Helper()
	body := kerneltest.Deb(kernel.BusyboxPackage, version, []kerneltest.Entry{{Name: "./usr/bin/busybox", Body: []byte("program " + version)}})
	digest := fmt.Sprintf("%x", sha256.Sum256(body))
	if err := os.WriteFile(filepath.Join(s.dir, digest), body, 0o644); err != nil {
		t.Fatal(err)
	}
	s.newest = kernel.Busybox{Arch: kernel.ARM64, Suite: "trixie",
		File: kernel.File{Package: kernel.BusyboxPackage, Version: version, Path: "pool/b.deb", Size: int64(len(body)), SHA256: digest}}
	return s.newest
}

func openBoxes(t *testing.T, s *boxSource, cache string, locked bool, pins ...kernel.Busybox) *Catalogue {
	t.Helper()
	lock := kernel.Lock{}
	for _, b := range pins {
		lock = lock.WithBusybox(b)
	}
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Cache: cache, Lock: text, Locked: locked, Sources: []kernel.Source{s}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func wantBox(t *testing.T, c *Catalogue, version string) {
	t.Helper()
	file, err := c.Busybox(t.Context(), kernel.ARM64)
	if err != nil {
		t.Fatal(err)
	}
	if text, err := os.ReadFile(file); err != nil || string(text) != "program "+version {
		t.Errorf("%s has %q, %v", file, text, err)
	}
	if info, err := os.Stat(file); err == nil && info.Mode().Perm()&0o111 == 0 {
		t.Errorf("%s cannot be executed", file)
	}
}

var errDown = &kernel.UnavailableError{What: "mirror", Err: errors.New("down")}

func TestBusyboxIsKept(t *testing.T) {
	s, cache := &boxSource{dir: t.TempDir()}, t.TempDir()
	s.add(t, "1.37-1")
	wantBox(t, openBoxes(t, s, cache, false), "1.37-1")
	s.add(t, "1.37-2")
	s.err = errDown
	wantBox(t, openBoxes(t, s, cache, false), "1.37-1") // what was taken last, without a network
	if s.fetched != 1 {
		t.Errorf("fetched %d times", s.fetched)
	}
	file, _ := openBoxes(t, s, cache, false).Busybox(t.Context(), kernel.ARM64)
	if err := os.WriteFile(file, []byte("damaged"), 0o755); err != nil {
		t.Fatal(err)
	}
	s.err = nil
	wantBox(t, openBoxes(t, s, cache, false), "1.37-1")
}

func TestBusyboxPinned(t *testing.T) {
	s := &boxSource{dir: t.TempDir()}
	pin := s.add(t, "1.37-1")
	s.add(t, "1.37-2")
	wantBox(t, openBoxes(t, s, t.TempDir(), true, pin), "1.37-1")
	if err := os.Remove(filepath.Join(s.dir, pin.File.SHA256)); err != nil {
		t.Fatal(err)
	}
	wantBox(t, openBoxes(t, s, t.TempDir(), false, pin), "1.37-2")
	if _, err := openBoxes(t, s, t.TempDir(), true, pin).Busybox(t.Context(), kernel.ARM64); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("locked: %v", err)
	}
}

func TestNoBusybox(t *testing.T) {
	s := &boxSource{dir: t.TempDir(), err: errDown}
	_, err := openBoxes(t, s, t.TempDir(), false).Busybox(t.Context(), kernel.ARM64)
	if err == nil || !strings.HasPrefix(err.Error(), "no busybox for arm64 machines (Debian's package busybox-static): ") || !strings.Contains(err.Error(), "--mirror") {
		t.Errorf("offline: %v", err)
	}
	s.err = nil
	s.add(t, "1.37-1")
	_, err = openBoxes(t, s, t.TempDir(), true).Busybox(t.Context(), kernel.ARM64)
	if err == nil || !strings.Contains(err.Error(), "bpflab kernels lock") {
		t.Errorf("locked: %v", err)
	}
}

func TestLockPinsBusyboxes(t *testing.T) {
	s := &boxSource{dir: t.TempDir()}
	box := s.add(t, "1.37-1")
	c := openBoxes(t, s, t.TempDir(), false)
	lock := kernel.Lock{Refs: []kernel.Ref{{Source: kernel.Debian}}}
	if _, err := c.pinBusyboxes(t.Context(), &lock); err != nil || kernel.HostArch() == kernel.AMD64 && len(lock.Busyboxes) != 0 {
		t.Errorf("of this architecture: %+v, %v", lock.Busyboxes, err)
	}
	lock = kernel.Lock{Refs: []kernel.Ref{{Source: kernel.Debian, Arch: kernel.ARM64}}}
	if _, err := c.pinBusyboxes(t.Context(), &lock); err != nil || len(lock.Busyboxes) != 1 || lock.Busyboxes[0] != box {
		t.Errorf("of arm64: %+v, %v", lock.Busyboxes, err)
	}
	files := map[string]string{}
	if lock, _, err := c.collectBusyboxes(t.Context(), lock, files); err != nil || files[box.File.SHA256] == "" || len(lock.Busyboxes) != 1 {
		t.Errorf("saved %v, %+v, %v", files, lock.Busyboxes, err)
	}
	s.err = errDown
	if notes, err := c.pinBusyboxes(t.Context(), &lock); err != nil || len(notes) != 1 || len(lock.Busyboxes) != 1 {
		t.Errorf("without an answer: %q, %+v, %v", notes, lock.Busyboxes, err)
	}
}
