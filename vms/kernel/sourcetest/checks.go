package sourcetest

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// claim checks selectors, for which nobody is asked.
func claim(t *testing.T, w *world) {
	source := w.sources[0]
	if source.Name() != w.Name {
		t.Errorf("its name is %q", source.Name())
	}
	for selector, want := range w.Claims {
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
		if again, _, err := source.Claim(kernel.TrackSelector(w.Name, track)); again != track || err != nil {
			t.Errorf("%s: its own name for it, %q, is %q, %v", selector, track, again, err)
		}
	}
	for _, foreign := range []string{"6.1", "nosuch/1", w.Name + "x/1", "local:x"} {
		if track, ours, err := source.Claim(foreign); ours || err != nil {
			t.Errorf("%s: claimed as %q, %v", foreign, track, err)
		}
	}
	for _, track := range source.Tracks() {
		if w.Name == kernel.Debian {
			break // whose selectors need no claim
		}
		if again, ours, err := source.Claim(kernel.TrackSelector(w.Name, track)); again != track || !ours || err != nil {
			t.Errorf("track %q is claimed as %q, %v, %v", track, again, ours, err)
		}
	}
	if asked := w.mirror.Requests(); len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
}

func mirrorAddress(t *testing.T, w *world) {
	if got := w.sources[0].Mirror(); !strings.HasPrefix(got, w.mirror.URL+"/") {
		t.Errorf("its mirror is %q", got)
	}
}

// listed returns generation 1 as the source lists it.
func (w *world) listed(t *testing.T) kernel.Ref {
	t.Helper()
	w.publish(t, day, 1)
	ref, err := w.resolve(t, w.catalogue(t, kernel.Lock{}, false))
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

func listedRelease(t *testing.T, w *world) {
	if ref := w.listed(t); ref.Release != w.Releases[0] {
		t.Errorf("got %+v", ref)
	}
}

func listedSigner(t *testing.T, w *world) {
	if ref := w.listed(t); ref.Signer != w.signer() {
		t.Errorf("signed by %q, want %q", ref.Signer, w.signer())
	}
}

func fetch(t *testing.T, w *world) {
	ref := w.listed(t)
	if ref.Source != w.Name || ref.Version.IsZero() {
		t.Errorf("got %+v", ref)
	}
	if w.Name != kernel.Debian && ref.Label() != w.Selector {
		t.Errorf("its label is %q", ref.Label())
	}
	c := w.catalogue(t, kernel.Lock{}, false)
	image, err := c.Image(t.Context(), ref)
	if err != nil {
		t.Fatal(err)
	}
	if image.Release != w.Releases[0] || image.Signer != w.signer() || image.Source != w.Name || image.SHA256 != ref.Package().SHA256 || image.Warning != "" {
		t.Errorf("got %+v, want it signed by %q", image, w.signer())
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

func newer(t *testing.T, w *world) {
	w.publish(t, 2*day, 1)
	old, err := w.image(t)
	if err != nil {
		t.Fatal(err)
	}
	w.publish(t, day, 2)
	if image, err := w.image(t); err != nil || image.Release != w.Releases[1] || image.SHA256 == old.SHA256 {
		t.Errorf("got %q, %s, %v", image.Release, image.SHA256, err)
	}
}

func unreachable(t *testing.T, w *world) {
	w.publish(t, day, 1)
	w.stop()
	_, err := w.image(t)
	if !errors.As(err, new(*kernel.UnavailableError)) || strings.Contains(err.Error(), "\n") || !w.lacks(address) && !strings.Contains(err.Error(), "--mirror") {
		t.Errorf("got %v", err)
	}
}

// pin returns a lock file with the kernel that is on the mirror.
func (w *world) pin(t *testing.T) kernel.Lock {
	t.Helper()
	lock, _, err := w.catalogue(t, kernel.Lock{}, false).Lock(t.Context(), []string{w.Selector})
	if err != nil || len(lock.Refs) != 1 {
		t.Fatal(lock, err)
	}
	return lock
}

// pinned needs the network only for what is not in the cache, and never takes another
// kernel.
func pinned(t *testing.T, w *world) {
	w.publish(t, 2*day, 1)
	lock := w.pin(t)
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
	if image, err := c.Image(t.Context(), ref); err != nil || image.Release != w.Releases[0] || image.Signer != w.signer() {
		t.Errorf("got %+v, %v", image, err)
	}
	if asked := w.mirror.Requests()[before:]; len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
	if _, err := w.resolve(t, w.catalogue(t, kernel.Lock{}, true)); !errors.As(err, new(*kernel.SelectorError)) {
		t.Errorf("without a pin: %v", err)
	}
}

func otherKey(t *testing.T, w *world) {
	w.Publish(t, w.mirror, kerneltest.NewKey(Now.Add(-1000*day), 0), Now.Add(-day), 1)
	if image, err := w.image(t); err == nil {
		t.Errorf("got %+v", image)
	} else if !errors.As(err, new(*kernel.UnavailableError)) {
		t.Errorf("%v is no UnavailableError", err)
	}
}

// expiredKey is the vendor's own key, which signs after its time.
func expiredKey(t *testing.T, w *world) {
	w.key = kerneltest.NewKey(Now.Add(-1000*day), 900*day)
	w.open(t)
	w.publish(t, day, 1)
	if image, err := w.image(t); err == nil {
		t.Errorf("got %+v", image)
	} else if !errors.As(err, new(*kernel.UnavailableError)) || !strings.Contains(err.Error(), "expired") {
		t.Errorf("%v is no UnavailableError that says why", err)
	}
}

// noticesDamage changes every file of the mirror in turn: no change may go unnoticed that
// reaches the image.
func noticesDamage(t *testing.T, w *world) {
	changes := map[string]func([]byte) []byte{
		"changed":   func(b []byte) []byte { b[len(b)/2]++; return b },
		"truncated": func(b []byte) []byte { return b[:len(b)-1] },
	}
	w.publish(t, day, 1)
	want, err := w.image(t)
	if err != nil {
		t.Fatal(err)
	}
	needed := w.mirror.Requests()
	for _, path := range w.mirror.Paths() {
		body := w.mirror.Get(path)
		if len(body) == 0 {
			continue
		}
		for name, change := range changes {
			w.cache = cacheDir(t)
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

// isPackage reports whether a path is of a package, or of a part of a container's image.
func isPackage(path string) bool {
	return strings.HasSuffix(path, ".deb") || strings.HasSuffix(path, ".rpm") || strings.Contains(path, "/blobs/")
}

func refusesOlder(t *testing.T, w *world) {
	w.publish(t, day, 2)
	if _, err := w.image(t); err != nil {
		t.Fatal(err)
	}
	w.publish(t, 2*day, 1)
	if image, err := w.image(t); err == nil {
		t.Errorf("an older mirror is believed: %+v", image)
	}
}

// left is a package that has left its mirror while a lock file pins it.
func left(t *testing.T, w *world) {
	w.publish(t, 2*day, 1)
	lock := w.pin(t)
	w.clear()
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
	if err != nil || image.Release != w.Releases[1] || !strings.Contains(image.Warning, "has left its mirror") {
		t.Errorf("got %+v, %v", image, err)
	}
}
