package debian

import (
	"bytes"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

var (
	now    = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	day    = 24 * time.Hour
	ours   = kerneltest.NewKey(now.Add(-1000*day), 0)
	theirs = kerneltest.NewKey(now.Add(-1000*day), 0)
)

const release61 = "6.1.0-56-cloud-amd64"

func image(release, version string) kerneltest.Package {
	name := "linux-image-" + release
	return kerneltest.Package{Name: name, Version: version, Depends: "kmod, linux-base (>= 4.3~)",
		Body: kerneltest.Deb(name, version, kerneltest.KernelEntries(release))}
}

func bookworm() kerneltest.Suite {
	return kerneltest.Suite{Root: "debian", Path: "bookworm", Codename: "bookworm",
		Date: now.Add(-day), ValidUntil: now.Add(6 * day), Packages: []kerneltest.Package{image(release61, "6.1.192-2")}}
}

func security() kerneltest.Suite {
	s := bookworm()
	s.Root, s.Path, s.Codename = "debian-security", "bookworm-security", "bookworm-security"
	s.Packages = []kerneltest.Package{image("6.1.0-55-cloud-amd64", "6.1.190-1"), image("6.12.5+deb12-cloud-amd64", "6.12.5-1")}
	return s
}

// world is a mirror and a source that reads it.
type world struct {
	mirror *kerneltest.Repository
	source *Source
	store  *store.Store
}

func newWorld(t *testing.T, suites ...kerneltest.Suite) *world {
	t.Helper()
	mirror := kerneltest.NewRepository()
	for _, s := range suites {
		mirror.Add(s, ours)
	}
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	kept, err := store.Open(store.Options{Root: t.TempDir(), Client: download.Client{Tries: 2, Pause: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	source, err := New(Options{
		Mirrors: Mirrors{Main: server.URL + "/debian", Security: server.URL + "/debian-security", Archive: server.URL},
		Keys:    Keys{Current: ours.Public()}, Now: func() time.Time { return now }, Blobs: kept, States: kept,
	})
	if err != nil {
		t.Fatal(err)
	}
	return &world{mirror, source, kept}
}

func within(t *testing.T, s string) kernel.Want {
	t.Helper()
	r, err := kernel.ParseRange(s)
	if err != nil {
		t.Fatal(err)
	}
	return kernel.Want{Within: r}
}

func releases(refs []kernel.Ref) string {
	var words []string
	for _, r := range refs {
		words = append(words, r.Release)
	}
	return strings.Join(words, " ")
}

func TestListAndFetch(t *testing.T) {
	w := newWorld(t, bookworm(), security())
	refs, notes, err := w.source.List(t.Context(), within(t, "6.1"))
	if err != nil || len(notes) > 0 {
		t.Fatal(err, notes)
	}
	if got, want := releases(refs), release61+" 6.1.0-55-cloud-amd64"; got != want {
		t.Fatalf("got %q, want %q", got, want)
	}
	ref := refs[0]
	if ref.Suite != "bookworm" || ref.Flavour != kernel.Cloud || ref.Version.String() != "6.1.192" || ref.Package().Version != "6.1.192-2" {
		t.Errorf("got %+v", ref)
	}
	paths, err := w.source.Fetch(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if body, _ := os.ReadFile(paths[0]); !bytes.Equal(body, bookworm().Packages[0].Body) {
		t.Error("another package was fetched")
	}
}

// A second look needs the InRelease alone, and no index stays in the store.
func TestIndexIsRemembered(t *testing.T) {
	w := newWorld(t, bookworm(), security())
	for range 2 {
		if _, _, err := w.source.List(t.Context(), within(t, "6.1")); err != nil {
			t.Fatal(err)
		}
	}
	counts := map[string]int{}
	for _, r := range w.mirror.Requests() {
		counts[r[strings.LastIndex(r, "/")+1:]]++
	}
	if counts["InRelease"] != 4 || len(w.mirror.Requests()) != 6 {
		t.Errorf("asked for %q", w.mirror.Requests())
	}
	if left, _ := os.ReadDir(w.store.Root() + "/blobs"); len(left) > 0 {
		t.Errorf("%d files stay", len(left))
	}
}

func TestOnlyNeededSuitesAreAsked(t *testing.T) {
	w := newWorld(t, bookworm(), security())
	if _, _, err := w.source.List(t.Context(), within(t, "6.1")); err != nil {
		t.Fatal(err)
	}
	for _, r := range w.mirror.Requests() {
		if !strings.Contains(r, "bookworm") {
			t.Errorf("asked for %s", r)
		}
	}
}

// Each attack changes the world after it was set up well.
func TestAttacksOnTheChain(t *testing.T) {
	const inRelease = "debian/dists/bookworm/InRelease"
	resigned := func(change func(*kerneltest.Suite)) func(*world) {
		return func(w *world) {
			s := bookworm()
			change(&s)
			w.mirror.Add(s, ours)
		}
	}
	edit := func(path, old, new string) func(*world) {
		return func(w *world) {
			w.mirror.Put(path, bytes.Replace(w.mirror.Get(path), []byte(old), []byte(new), 1))
		}
	}
	tests := []struct {
		name   string
		attack func(*world)
		want   error
	}{
		{"wrong key", func(w *world) { w.mirror.Add(bookworm(), theirs) }, apt.ErrSignature},
		{"not signed", func(w *world) { w.mirror.Put(inRelease, []byte("Codename: bookworm\n")) }, apt.ErrSignature},
		{"empty", func(w *world) { w.mirror.Put(inRelease, nil) }, apt.ErrSignature},
		{"signed text changed", edit(inRelease, "Origin: Fake", "Origin: Evil"), apt.ErrSignature},
		{"unsigned text after", func(w *world) {
			w.mirror.Put(inRelease, append(w.mirror.Get(inRelease), "SHA256:\n"...))
		}, apt.ErrSignature},
		{"truncated", func(w *world) { b := w.mirror.Get(inRelease); w.mirror.Put(inRelease, b[:len(b)/2]) }, apt.ErrSignature},
		{"too long", func(w *world) { w.mirror.Put(inRelease, make([]byte, 8<<20)) }, download.ErrLength},
		{"expired", resigned(func(s *kerneltest.Suite) { s.ValidUntil = now.Add(-time.Minute) }), apt.ErrExpired},
		{"from the future", resigned(func(s *kerneltest.Suite) { s.Date = now.Add(2 * day) }), apt.ErrSignature},
		{"of another suite", resigned(func(s *kerneltest.Suite) { s.Codename = "trixie" }), apt.ErrMismatch},
		{"not there", func(w *world) { w.mirror.Remove(inRelease) }, kernel.ErrGone},
		{"index changed", func(w *world) { changeIndex(w, func(b []byte) []byte { b[len(b)/2]++; return b }) }, store.ErrDigest},
		{"index truncated", func(w *world) { changeIndex(w, func(b []byte) []byte { return b[:len(b)-1] }) }, download.ErrLength},
		{"index too long", func(w *world) { changeIndex(w, func(b []byte) []byte { return append(b, 'x') }) }, download.ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, bookworm())
			tt.attack(w)
			_, err := w.source.listSuite(t.Context(), suiteOf(t, "bookworm"), "")
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			var unavailable *kernel.UnavailableError
			if !errors.As(err, &unavailable) {
				t.Errorf("%T is no UnavailableError", err)
			}
		})
	}
}

// changeIndex changes the index under both of its names.
func changeIndex(w *world, change func([]byte) []byte) {
	for _, r := range w.mirror.Paths() {
		if strings.Contains(r, "binary-amd64") {
			w.mirror.Put(r, change(bytes.Clone(w.mirror.Get(r))))
		}
	}
}

func suiteOf(t *testing.T, name string) suite {
	t.Helper()
	s, ok := suiteNamed(name)
	if !ok {
		t.Fatalf("no suite %s", name)
	}
	return s
}

func TestReplay(t *testing.T) {
	w := newWorld(t, bookworm())
	list := func() error {
		_, err := w.source.listSuite(t.Context(), suiteOf(t, "bookworm"), "")
		return err
	}
	if err := list(); err != nil {
		t.Fatal(err)
	}
	old := bookworm()
	old.Date = old.Date.Add(-time.Hour)
	w.mirror.Add(old, ours)
	if err := list(); !errors.Is(err, apt.ErrReplayed) {
		t.Errorf("an older one: got %v", err)
	}
	w.mirror.Add(bookworm(), ours)
	if err := list(); err != nil {
		t.Errorf("the same one: got %v", err)
	}
	newer := bookworm()
	newer.Date = newer.Date.Add(time.Hour)
	w.mirror.Add(newer, ours)
	if err := list(); err != nil {
		t.Errorf("a newer one: got %v", err)
	}
}

func TestIndexUnderItsPlainName(t *testing.T) {
	w := newWorld(t, bookworm())
	for _, path := range w.mirror.Paths() {
		if strings.Contains(path, "by-hash") {
			w.mirror.Remove(path)
		}
	}
	if _, err := w.source.listSuite(t.Context(), suiteOf(t, "bookworm"), ""); err != nil {
		t.Error(err)
	}
}

func TestAttacksOnThePackage(t *testing.T) {
	tests := []struct {
		name   string
		change func([]byte) []byte
		want   error
	}{
		{"changed", func(b []byte) []byte { b[200]++; return b }, store.ErrDigest},
		{"truncated", func(b []byte) []byte { return b[:len(b)-1] }, download.ErrLength},
		{"too long", func(b []byte) []byte { return append(b, 'x') }, download.ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t, bookworm())
			refs, err := w.source.listSuite(t.Context(), suiteOf(t, "bookworm"), "")
			if err != nil {
				t.Fatal(err)
			}
			path := "debian/" + refs[0].Package().Path
			w.mirror.Put(path, tt.change(bytes.Clone(w.mirror.Get(path))))
			if _, err := w.source.Fetch(t.Context(), refs[0]); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			w.mirror.Remove(path)
			if _, err := w.source.Fetch(t.Context(), refs[0]); !errors.Is(err, kernel.ErrGone) {
				t.Errorf("removed: got %v", err)
			}
		})
	}
}

// Where one suite does not answer the others are listed.
func TestOneSuiteMissing(t *testing.T) {
	w := newWorld(t, bookworm())
	refs, notes, err := w.source.List(t.Context(), within(t, "6.1"))
	if err != nil || releases(refs) != release61 {
		t.Errorf("got %q, %v", releases(refs), err)
	}
	if len(notes) != 1 || !strings.Contains(notes[0], "bookworm-security") {
		t.Errorf("notes %q", notes)
	}
}

func TestArchiveMissingIsOneNote(t *testing.T) {
	w := newWorld(t, bookworm())
	_, notes, err := w.source.List(t.Context(), within(t, "<6.2"))
	if err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(notes, "\n"); strings.Count(text, "archive") != 1 || !strings.Contains(text, "4.9 and 4.19") {
		t.Errorf("notes %q", notes)
	}
	_, _, err = w.source.List(t.Context(), within(t, "4.19"))
	if err == nil || !strings.Contains(err.Error(), "kernels import") {
		t.Errorf("got %v", err)
	}
}

func TestExpiredKey(t *testing.T) {
	expired := kerneltest.NewKey(now.Add(-100*day), 50*day)
	signed := now.Add(-90 * day)
	tests := map[string]struct {
		suite kerneltest.Suite
		name  string
		want  error
	}{
		"current suite": {kerneltest.Suite{Root: "debian", Path: "bookworm", Codename: "bookworm", Date: signed}, "bookworm", apt.ErrSignature},
		"archived suite": {kerneltest.Suite{Root: "debian", Path: "buster", Codename: "buster", Date: signed, ValidUntil: signed.Add(day),
			Packages: []kerneltest.Package{image("4.19.0-27-cloud-amd64", "4.19.316-1")}}, "buster", nil},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mirror.Add(tt.suite, expired)
			w.source.keys = Keys{Current: ours.Public(), Archived: expired.Public()}
			if name == "current suite" {
				w.source.keys.Current = expired.Public()
			}
			refs, err := w.source.listSuite(t.Context(), suiteOf(t, tt.name), "")
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if tt.want == nil && releases(refs) != "4.19.0-27-cloud-amd64" {
				t.Errorf("got %q", releases(refs))
			}
		})
	}
}

// The keys of archived suites are not good for current ones.
func TestArchivedKeyOnCurrentSuite(t *testing.T) {
	w := newWorld(t)
	w.mirror.Add(bookworm(), theirs)
	w.source.keys.Archived = theirs.Public()
	if _, err := w.source.listSuite(t.Context(), suiteOf(t, "bookworm"), ""); !errors.Is(err, apt.ErrSignature) {
		t.Errorf("got %v", err)
	}
}

func TestUnknownSuite(t *testing.T) {
	w := newWorld(t)
	if _, err := w.source.Fetch(t.Context(), kernel.Ref{Suite: "duke"}); err == nil || !strings.Contains(err.Error(), `"duke"`) {
		t.Errorf("got %v", err)
	}
}

func TestArchiveKeysAreReadable(t *testing.T) {
	for archived, want := range map[bool]int{false: 9, true: 15} {
		ring, err := ArchiveKeys().ring(archived)
		if err != nil || len(ring) != want {
			t.Errorf("%d keys, %v; want %d", len(ring), err, want)
		}
	}
}

func TestSuitesTable(t *testing.T) {
	for _, s := range suites {
		if s.home().IsZero() {
			t.Errorf("%s is home to everything", s.name)
		}
	}
	var asked []string
	for _, s := range suitesFor(within(t, ">=6.1").Within, "") {
		asked = append(asked, s.name)
	}
	if got, want := fmt.Sprint(asked), "[bookworm bookworm-security trixie trixie-security trixie-backports]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
