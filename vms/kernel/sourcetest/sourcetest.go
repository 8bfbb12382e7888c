// Package sourcetest has the conformance suite that every source of kernels passes: list,
// resolve, fetch, verify, unpack, offline, damaged, replayed, wrong key, gone, locked. It
// reads a mirror that the test has made in the vendor's layout, served on loopback.
package sourcetest

import (
	"bytes"
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// Now is when all tests take place.
var Now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// Vendor is a source and a way to make mirrors for it.
type Vendor struct {
	Name string // of the source
	// New makes the source; it reads mirror, takes only signatures of the armored key, and
	// thinks that it is Now.
	New func(t *testing.T, mirror string, trusted []byte, kept *store.Store) kernel.Source
	// Publish puts one kernel on the mirror, in the vendor's layout, signed with key at the
	// time. Generation 2 is newer than 1; a mirror has one of them at a time.
	Publish func(t *testing.T, mirror *kerneltest.Repository, key kerneltest.Key, at time.Time, generation int)
	// Selector finds that kernel.
	Selector string
	// Releases is what uname -r says of generations 1 and 2.
	Releases [2]string
	// Claims maps more selectors to the track that they name; "" is one to refuse.
	Claims map[string]string
	// Late is a vendor that signs packages alone: who signed is known once they are here.
	Late bool
	// Undated mirrors do not show when they were signed, so that old ones go unnoticed.
	Undated bool
}

// world is one mirror, and a machine that knows it.
type world struct {
	vendor  Vendor
	mirror  *kerneltest.Repository
	server  *httptest.Server
	key     kerneltest.Key
	cache   string
	sources []kernel.Source
}

func newWorld(t *testing.T, v Vendor) *world {
	t.Helper()
	w := &world{vendor: v, mirror: kerneltest.NewRepository(), key: kerneltest.NewKey(Now.Add(-1000*day), 0), cache: t.TempDir()}
	w.server = httptest.NewServer(w.mirror)
	t.Cleanup(w.server.Close)
	w.open(t)
	return w
}

// open makes the source anew, with the world's cache.
func (w *world) open(t *testing.T) {
	t.Helper()
	kept, err := store.Open(store.Options{Root: w.cache, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	w.sources = []kernel.Source{w.vendor.New(t, w.server.URL, w.key.Public(), kept)}
}

var client = download.Client{Tries: 2, Pause: time.Millisecond}

func (w *world) publish(t *testing.T, age time.Duration, generation int) {
	t.Helper()
	w.vendor.Publish(t, w.mirror, w.key, Now.Add(-age), generation)
}

func (w *world) catalogue(t *testing.T, lock kernel.Lock, locked bool) *catalogue.Catalogue {
	t.Helper()
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Open(catalogue.Options{Cache: w.cache, Lock: text, Locked: locked, Sources: w.sources, Client: client})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// resolve returns the kernel of the vendor's selector.
func (w *world) resolve(t *testing.T, c *catalogue.Catalogue) (kernel.Ref, error) {
	t.Helper()
	refs, err := c.Resolve(t.Context(), []string{w.vendor.Selector})
	if err != nil {
		return kernel.Ref{}, err
	}
	if len(refs) != 1 {
		t.Fatalf("%s: got %d kernels", w.vendor.Selector, len(refs))
	}
	return refs[0], nil
}

// image resolves, fetches and unpacks.
func (w *world) image(t *testing.T) (kernel.Image, error) {
	t.Helper()
	c := w.catalogue(t, kernel.Lock{}, false)
	ref, err := w.resolve(t, c)
	if err != nil {
		return kernel.Image{}, err
	}
	return c.Image(t.Context(), ref)
}

// Run runs the suite.
func Run(t *testing.T, v Vendor) {
	tests := map[string]func(*testing.T, Vendor){
		"claim": claim, "fetch and unpack": fetch, "newer": newer, "offline": offline, "locked": locked,
		"wrong key": wrongKey, "damaged": damaged, "gone": gone,
	}
	if !v.Undated {
		tests["replayed"] = replayed
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, v) })
	}
}

// claim checks selectors, for which nobody is asked.
func claim(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	source := w.sources[0]
	if source.Name() != v.Name {
		t.Errorf("its name is %q", source.Name())
	}
	for selector, want := range v.Claims {
		track, ours, err := source.Claim(selector)
		if want == "" {
			if !ours || !errors.As(err, new(*kernel.SelectorError)) {
				t.Errorf("%s: got %q, %v, %v; want a SelectorError", selector, track, ours, err)
			}
			continue
		}
		if track != want || !ours || err != nil {
			t.Errorf("%s: got %q, %v, %v; want %q", selector, track, ours, err, want)
		}
		if again, _, err := source.Claim(kernel.TrackSelector(v.Name, track)); again != track || err != nil {
			t.Errorf("%s: its own name for it, %q, is %q, %v", selector, track, again, err)
		}
	}
	for _, foreign := range []string{"6.1", "nosuch/1", v.Name + "x/1", "local:x"} {
		if track, ours, err := source.Claim(foreign); ours || err != nil {
			t.Errorf("%s: claimed as %q, %v", foreign, track, err)
		}
	}
	for _, track := range source.Tracks() {
		if v.Name == kernel.Debian {
			break // whose selectors need no claim
		}
		if again, ours, err := source.Claim(kernel.TrackSelector(v.Name, track)); again != track || !ours || err != nil {
			t.Errorf("track %q is claimed as %q, %v, %v", track, again, ours, err)
		}
	}
	if !strings.HasPrefix(source.Mirror(), w.server.URL+"/") {
		t.Errorf("its mirror is %q", source.Mirror())
	}
	if asked := w.mirror.Requests(); len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
}

func fetch(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, day, 1)
	c := w.catalogue(t, kernel.Lock{}, false)
	ref, err := w.resolve(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if ref.Source != v.Name || ref.Release != v.Releases[0] || !v.Late && ref.Signer != w.key.Fingerprint() || ref.Version.IsZero() {
		t.Errorf("got %+v, signed by %s", ref, w.key.Fingerprint())
	}
	if v.Name != kernel.Debian && ref.Label() != v.Selector {
		t.Errorf("its label is %q", ref.Label())
	}
	image, err := c.Image(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if image.Release != ref.Release || image.Signer != w.key.Fingerprint() || image.Source != v.Name || image.SHA256 != ref.Package().SHA256 || image.Warning != "" {
		t.Errorf("got %+v", image)
	}
	if image.Kernel == "" || image.Modules == "" || image.Config == "" {
		t.Errorf("it lacks parts: %+v", image)
	}
	if _, note, err := image.Sound(t.Context()); note != "" || err != nil {
		t.Errorf("%q, %v", note, err)
	}
	before := len(w.mirror.Requests())
	if _, err := c.Image(t.Context(), ref); err != nil || len(w.mirror.Requests()) != before {
		t.Errorf("a second time: %v, asked for %q", err, w.mirror.Requests()[before:])
	}
}

func newer(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, 2*day, 1)
	if _, err := w.image(t); err != nil {
		t.Fatal(err)
	}
	w.publish(t, day, 2)
	if image, err := w.image(t); err != nil || image.Release != v.Releases[1] {
		t.Errorf("got %q, %v", image.Release, err)
	}
}

func offline(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, day, 1)
	w.server.Close()
	_, err := w.image(t)
	if !errors.As(err, new(*kernel.UnavailableError)) || !strings.Contains(err.Error(), "--mirror") || strings.Contains(err.Error(), "\n") {
		t.Errorf("got %v", err)
	}
}

// locked needs the network only for what is not in the cache, and never takes another
// kernel.
func locked(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, 2*day, 1)
	lock, _, err := w.catalogue(t, kernel.Lock{}, false).Lock(t.Context(), []string{v.Selector})
	if err != nil || len(lock.Refs) != 1 {
		t.Fatal(lock, err)
	}
	if _, err := w.image(t); err != nil {
		t.Fatal(err)
	}
	w.publish(t, day, 2)
	before := len(w.mirror.Requests())
	c := w.catalogue(t, lock, true)
	ref, err := w.resolve(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if image, err := c.Image(t.Context(), ref); err != nil || image.Release != v.Releases[0] || image.Signer != w.key.Fingerprint() {
		t.Errorf("got %+v, %v", image, err)
	}
	if asked := w.mirror.Requests()[before:]; len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
	if _, err := w.resolve(t, w.catalogue(t, kernel.Lock{}, true)); !errors.As(err, new(*kernel.SelectorError)) {
		t.Errorf("without a pin: %v", err)
	}
}

func wrongKey(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	other := kerneltest.NewKey(Now.Add(-1000*day), 0)
	v.Publish(t, w.mirror, other, Now.Add(-day), 1)
	if image, err := w.image(t); err == nil {
		t.Errorf("got %+v", image)
	} else if !errors.As(err, new(*kernel.UnavailableError)) {
		t.Errorf("%v is no UnavailableError", err)
	}
}

// damaged changes every file of the mirror in turn: no change may go unnoticed that reaches
// the image.
func damaged(t *testing.T, v Vendor) {
	changes := map[string]func([]byte) []byte{
		"changed":   func(b []byte) []byte { b[len(b)/2]++; return b },
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
	}
	w := newWorld(t, v)
	w.publish(t, day, 1)
	want, err := w.image(t)
	if err != nil {
		t.Fatal(err)
	}
	needed := w.mirror.Requests()
	for _, path := range w.mirror.Paths() {
		body := w.mirror.Get(path)
		for name, change := range changes {
			w.cache = t.TempDir()
			w.open(t)
			w.mirror.Put(path, change(bytes.Clone(body)))
			got, err := w.image(t)
			switch {
			case err == nil && (got.SHA256 != want.SHA256 || got.Signer != want.Signer):
				t.Errorf("%s %s: got %+v", path, name, got)
			case err == nil && slices.Contains(needed, path) && isPackage(path):
				t.Errorf("a package %s goes unnoticed: %s", name, path)
			}
		}
		w.mirror.Put(path, body)
	}
}

func isPackage(path string) bool {
	return strings.HasSuffix(path, ".deb") || strings.HasSuffix(path, ".rpm")
}

func replayed(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, day, 2)
	if _, err := w.image(t); err != nil {
		t.Fatal(err)
	}
	w.publish(t, 2*day, 1)
	if image, err := w.image(t); err == nil {
		t.Errorf("an older mirror is believed: %+v", image)
	}
}

// gone is a package that has left its mirror while a lock file pins it.
func gone(t *testing.T, v Vendor) {
	w := newWorld(t, v)
	w.publish(t, 2*day, 1)
	lock, _, err := w.catalogue(t, kernel.Lock{}, false).Lock(t.Context(), []string{v.Selector})
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range w.mirror.Paths() {
		w.mirror.Remove(path)
	}
	w.publish(t, day, 2)
	c := w.catalogue(t, lock, true)
	ref, err := w.resolve(t, c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Image(t.Context(), ref); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("locked: got %v", err)
	}
	image, err := w.catalogue(t, lock, false).Image(t.Context(), ref)
	if err != nil || image.Release != v.Releases[1] || !strings.Contains(image.Warning, "has left its mirror") {
		t.Errorf("got %+v, %v", image, err)
	}
}
