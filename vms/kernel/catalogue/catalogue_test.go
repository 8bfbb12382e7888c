package catalogue

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/local"
)

// fakeSource has kernels in files of a directory.
type fakeSource struct {
	dir  string
	refs []kernel.Ref
	err  error // of List

	mu      sync.Mutex
	listed  []string // the ranges asked for
	fetched []string // the releases asked for
}

func (*fakeSource) Name() string { return kernel.Debian }

func (*fakeSource) Claim(string) (string, bool, error) { return "", false, nil }
func (*fakeSource) Tracks() []string                   { return nil }
func (*fakeSource) Mirror() string                     { return "" }

func (s *fakeSource) List(_ context.Context, asked kernel.Want) ([]kernel.Ref, []string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	want := asked.Within
	s.listed = append(s.listed, want.String())
	var refs []kernel.Ref
	for _, r := range s.refs {
		if want.Contains(r.Version) {
			refs = append(refs, r)
		}
	}
	return refs, nil, s.err
}

func (s *fakeSource) Fetch(_ context.Context, ref kernel.Ref) ([]string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fetched = append(s.fetched, ref.Release)
	path := filepath.Join(s.dir, ref.Release)
	if _, err := os.Stat(path); err != nil {
		return nil, fmt.Errorf("%s %w", ref.Release, kernel.ErrGone)
	}
	return []string{path}, nil
}

// add makes a kernel that the source has.
func (s *fakeSource) add(t *testing.T, release, version string) kernel.Ref {
	t.Helper()
	name := "linux-image-" + release
	body := kerneltest.Deb(name, version, kerneltest.KernelEntries(release))
	if err := os.WriteFile(filepath.Join(s.dir, release), body, 0o644); err != nil {
		t.Fatal(err)
	}
	v, err := kernel.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	ref := kernel.Ref{Source: kernel.Debian, Suite: "fake", Flavour: kernel.Cloud, Version: v, Release: release,
		Files: []kernel.File{{Package: name, Version: version, Path: "pool/" + release, Size: int64(len(body)), SHA256: fmt.Sprintf("%x", sha256.Sum256(body))}}}
	s.refs = append(s.refs, ref)
	return ref
}

// remove takes a kernel off the mirror.
func (s *fakeSource) remove(t *testing.T, ref kernel.Ref) {
	t.Helper()
	s.refs = kernel.Unique(s.refs)
	for i, r := range s.refs {
		if r.ID() == ref.ID() {
			s.refs = append(s.refs[:i], s.refs[i+1:]...)
			break
		}
	}
	if err := os.Remove(filepath.Join(s.dir, ref.Release)); err != nil {
		t.Fatal(err)
	}
}

func newSource(t *testing.T) *fakeSource { return &fakeSource{dir: t.TempDir()} }

// catalogueOf opens a catalogue with the pins, in a new cache.
func catalogueOf(t *testing.T, s *fakeSource, locked bool, pins ...kernel.Ref) *Catalogue {
	t.Helper()
	var lock kernel.Lock
	for _, ref := range pins {
		lock = lock.With(ref)
	}
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Cache: t.TempDir(), Lock: text, Locked: locked, Sources: []kernel.Source{s}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func one(t *testing.T, c *Catalogue, selector string) kernel.Ref {
	t.Helper()
	refs, err := c.Resolve(t.Context(), []string{selector})
	if err != nil || len(refs) != 1 {
		t.Fatalf("%s: got %v, %v", selector, refs, err)
	}
	return refs[0]
}

func TestPinnedAndCachedNeedsNoSource(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	c := catalogueOf(t, s, false, pin)
	first, err := c.Image(t.Context(), one(t, c, "6.1"))
	if err != nil {
		t.Fatal(err)
	}
	again, err := c.Image(t.Context(), one(t, c, "latest"))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.listed) != 0 || len(s.fetched) != 1 {
		t.Errorf("listed %q, fetched %q", s.listed, s.fetched)
	}
	if first.Selector != "6.1" || again.Selector != "latest" || again.Kernel != first.Kernel {
		t.Errorf("got %+v and %+v", first, again)
	}
	p := pin.Package()
	if first.Series != "6.1" || first.Release != pin.Release || first.Package != p.Package || first.PkgVer != p.Version || first.SHA256 != p.SHA256 || first.Version != pin.Version {
		t.Errorf("got %+v", first)
	}
	if !c.Cached(pin) || c.DiskSize(pin) == 0 {
		t.Error("it does not count as cached")
	}
}

func TestResolve(t *testing.T) {
	s := newSource(t)
	old := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	tests := []struct {
		selector, want string
		listed         string
	}{
		{"6.1", "6.1.0-55-cloud-amd64", "[]"},
		{"latest", "6.1.0-55-cloud-amd64", "[]"},
		{"all", "6.1.0-55-cloud-amd64", "[]"},
		{"6.1.192", "6.1.0-56-cloud-amd64", "[6.1]"},
		{"7.3.4-cloud-amd64", "7.3.4-cloud-amd64", "[7.3]"},
		{">=7.0", "7.3.4-cloud-amd64", "[>=7.0]"},
	}
	for _, tt := range tests {
		t.Run(tt.selector, func(t *testing.T) {
			s.listed = nil
			c := catalogueOf(t, s, false, old)
			if got := one(t, c, tt.selector).Release; got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
			if got := fmt.Sprint(s.listed); got != tt.listed {
				t.Errorf("looked in %s, want %s", got, tt.listed)
			}
		})
	}
}

func TestResolveErrors(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	down := newSource(t)
	down.err = &kernel.UnavailableError{What: "mirror", Err: errors.New("down")}
	var selector *kernel.SelectorError
	var network *kernel.UnavailableError
	tests := []struct {
		name, selector string
		c              *Catalogue
		want           any
	}{
		{"unknown", "3.2", catalogueOf(t, s, false, pin), &selector},
		{"no selector", "nope", catalogueOf(t, down, false), &selector},
		{"import", "local:x", catalogueOf(t, down, false), &selector},
		{"locked", "7.3", catalogueOf(t, s, true, pin), &selector},
		{"mirror down", "7.3", catalogueOf(t, down, false, pin), &network},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if refs, err := tt.c.Resolve(t.Context(), []string{tt.selector}); !errors.As(err, tt.want) {
				t.Errorf("got %v, %v", refs, err)
			}
		})
	}
}

func TestFallForward(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	s.remove(t, pin)
	c := catalogueOf(t, s, false, pin)
	image, err := c.Image(t.Context(), one(t, c, "6.1"))
	if err != nil || image.PkgVer != "6.1.192-2" || image.Selector != "6.1" {
		t.Errorf("got %+v, %v", image, err)
	}
	if want := "pinned 6.1 6.1.190-1 has left its mirror, using 6.1.192-2"; image.Warning != want {
		t.Errorf("warning %q", image.Warning)
	}
	c = catalogueOf(t, s, true, pin)
	if _, err := c.Image(t.Context(), one(t, c, "6.1")); !errors.Is(err, kernel.ErrGone) || !strings.Contains(err.Error(), "--locked") {
		t.Errorf("locked: got %v", err)
	}
}

func TestNothingToFallTo(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.remove(t, pin)
	c := catalogueOf(t, s, false, pin)
	if _, err := c.Image(t.Context(), one(t, c, "6.1")); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("got %v", err)
	}
}

// A package that is not the kernel it is listed as is refused.
func TestPackageOfAnotherRelease(t *testing.T) {
	s := newSource(t)
	ref := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	other := kerneltest.Deb("p", "1", kerneltest.KernelEntries("5.10.0-1-amd64"))
	if err := os.WriteFile(filepath.Join(s.dir, ref.Release), other, 0o644); err != nil {
		t.Fatal(err)
	}
	c := catalogueOf(t, s, false, ref)
	if _, err := c.Image(t.Context(), ref); err == nil || !strings.Contains(err.Error(), `"5.10.0-1-amd64", not "6.1.0-56-cloud-amd64"`) {
		t.Errorf("got %v", err)
	}
}

func write(t *testing.T, name string, body []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, body, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestImport(t *testing.T) {
	c := catalogueOf(t, newSource(t), false)
	ref, err := c.Import(t.Context(), Import{Path: write(t, "bzImage", kerneltest.Kernel("4.19.72")), Name: "old"})
	if err != nil {
		t.Fatal(err)
	}
	if got := one(t, c, "local:old"); got.ID() != ref.ID() {
		t.Errorf("got %+v, want %+v", got, ref)
	}
	image, err := c.Image(t.Context(), ref)
	if err != nil || image.Source != kernel.Local || image.Series != "local:old" || image.Release != "4.19.72" || image.Version.String() != "4.19.72" {
		t.Errorf("got %+v, %v", image, err)
	}
	if _, err := c.Resolve(t.Context(), []string{"4.19"}); err == nil {
		t.Error("a series stands for an import")
	}
	if err := c.Forget("old"); err != nil {
		t.Fatal(err)
	}
	var wrong *kernel.SelectorError
	if _, err := c.Resolve(t.Context(), []string{"local:old"}); !errors.As(err, &wrong) {
		t.Errorf("forgotten: got %v", err)
	}
	if err := c.Forget("old"); !errors.As(err, &wrong) {
		t.Errorf("forgotten twice: got %v", err)
	}
}

func TestImportWithModules(t *testing.T) {
	c := catalogueOf(t, newSource(t), false)
	modules := filepath.Join(t.TempDir(), "lib/modules/4.19.72")
	if err := os.MkdirAll(modules, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(modules, "a.ko"), []byte("fake"), 0o644); err != nil {
		t.Fatal(err)
	}
	path := write(t, "bzImage", kerneltest.Kernel("4.19.72"))
	bare, err := c.Import(t.Context(), Import{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	ref, err := c.Import(t.Context(), Import{Path: path, Modules: filepath.Dir(modules)})
	if err != nil {
		t.Fatal(err)
	}
	image, err := c.Image(t.Context(), ref)
	if err != nil || ref.ID() == bare.ID() {
		t.Fatalf("got %v, %v", ref, err)
	}
	if _, err := os.Stat(filepath.Join(image.Modules, "a.ko")); err != nil {
		t.Error(err)
	}
}

func TestImportErrors(t *testing.T) {
	c := catalogueOf(t, newSource(t), false)
	kernelFile := write(t, "bzImage", kerneltest.Kernel("4.19.72"))
	deb := write(t, "p.deb", kerneltest.Deb("linux-image-6.1", "6.1-1", kerneltest.KernelEntries("6.1")))
	tests := map[string]Import{
		"no kernel":        {Path: "/etc/passwd"},
		"bad name":         {Path: kernelFile, Name: "a/b"},
		"others' modules":  {Path: kernelFile, Modules: t.TempDir()},
		"deb with modules": {Path: deb, Modules: t.TempDir()},
	}
	for name, what := range tests {
		t.Run(name, func(t *testing.T) {
			ref, err := c.Import(t.Context(), what)
			var wrong *local.Error
			if !errors.As(err, &wrong) {
				t.Errorf("got %v, %v", ref, err)
			}
		})
	}
	if refs, _ := c.List(); len(refs) > 0 {
		t.Errorf("something was imported: %v", refs)
	}
}

func TestLock(t *testing.T) {
	s := newSource(t)
	old := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	gone := old
	gone.Version, gone.Release = kernel.Version{Major: 4, Minor: 19, Patch: 1}, "4.19.0-1-cloud-amd64"
	tests := []struct{ selectors, want string }{
		{"", "4.19.0-1-cloud-amd64 6.1.0-56-cloud-amd64 7.3.4-cloud-amd64"},
		{"7.3", "4.19.0-1-cloud-amd64 6.1.0-55-cloud-amd64 7.3.4-cloud-amd64"},
		{"6.1.190", "4.19.0-1-cloud-amd64 6.1.0-55-cloud-amd64"},
	}
	for _, tt := range tests {
		t.Run(tt.selectors, func(t *testing.T) {
			c := catalogueOf(t, s, false, gone, old)
			lock, _, err := c.Lock(t.Context(), strings.Fields(tt.selectors))
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, ref := range lock.Refs {
				got = append(got, ref.Release)
			}
			if strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	if _, _, err := catalogueOf(t, s, true).Lock(t.Context(), nil); err == nil {
		t.Error("a locked lock file was changed")
	}
}

func TestVerifyAndPrune(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	other := s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	c := catalogueOf(t, s, false, pin)
	for _, ref := range []kernel.Ref{pin, other} {
		if _, err := c.Image(t.Context(), ref); err != nil {
			t.Fatal(err)
		}
	}
	before := c.Size()
	if err := c.Prune(t.Context(), false); err != nil || c.Size() >= before || c.Cached(other) || !c.Cached(pin) {
		t.Errorf("%d bytes before, %d after, %v", before, c.Size(), err)
	}
	if checks, err := c.Verify(t.Context()); err != nil || len(checks) != 1 || checks[0].Err != nil {
		t.Errorf("got %+v, %v", checks, err)
	}
	image, err := c.Image(t.Context(), pin)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(image.Modules, "modules.builtin"), []byte("changed"), 0o644); err != nil {
		t.Fatal(err)
	}
	if checks, err := c.Verify(t.Context()); err != nil || len(checks) != 1 || checks[0].Err == nil || c.Cached(pin) {
		t.Errorf("got %+v, %v", checks, err)
	}
	if _, err := c.Image(t.Context(), pin); err != nil {
		t.Errorf("not made anew: %v", err)
	}
	if err := c.Prune(t.Context(), true); err != nil || c.Cached(pin) {
		t.Errorf("still cached, %v", err)
	}
}

func TestAvailable(t *testing.T) {
	s := newSource(t)
	s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	refs, _, err := catalogueOf(t, s, false).Available(t.Context())
	if err != nil || len(refs) != 1 || refs[0].Release != "6.1.0-56-cloud-amd64" {
		t.Errorf("got %v, %v", refs, err)
	}
}

func TestOpenRejectsBadLock(t *testing.T) {
	if _, err := Open(Options{Cache: t.TempDir(), Lock: []byte("kernels: 1")}); err == nil {
		t.Error("was accepted")
	}
}

// Damage that only reading finds has the kernel unpacked again, and the
// image's warning says so.
func TestDamagedImageIsWarnedOf(t *testing.T) {
	s := newSource(t)
	pin := s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	c := catalogueOf(t, s, false, pin)
	image, err := c.Image(t.Context(), pin)
	if err != nil || image.Warning != "" {
		t.Fatal(image.Warning, err)
	}
	cachetest.FlipAt(t, filepath.Join(image.Modules, "modules.builtin"), 1)
	damage := image.Check(t.Context(), image.Kernel, image.Modules)
	if !errors.As(damage, new(*cache.DamagedError)) {
		t.Fatalf("checked: %v", damage)
	}
	again, err := image.Renew(t.Context(), damage)
	if err != nil || !strings.Contains(again.Warning, "modules.builtin is damaged") || again.Series != image.Series {
		t.Errorf("warning %q, %v", again.Warning, err)
	}
	if err := again.Check(t.Context(), again.Kernel, again.Modules); err != nil {
		t.Errorf("made again: %v", err)
	}
	if sound, note, err := again.Sound(t.Context()); err != nil || note != "" || sound.Modules != image.Modules {
		t.Errorf("a sound one: note %q, %v", note, err)
	}
}
