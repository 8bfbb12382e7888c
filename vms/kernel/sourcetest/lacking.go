package sourcetest

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// What follows checks that a source lacks what its subject says it lacks: a source that has
// learned it must be held to it.

func noAddress(t *testing.T, w *world) {
	if got := w.sources[0].Mirror(); got != "" {
		t.Errorf("its mirror is %q", got)
	}
}

func unlistedRelease(t *testing.T, w *world) {
	if ref := w.listed(t); ref.Release != "" {
		t.Errorf("got %+v", ref)
	}
}

func unlistedSigner(t *testing.T, w *world) {
	if ref := w.listed(t); ref.Signer != "" {
		t.Errorf("got %+v", ref)
	}
}

func needsNoNetwork(t *testing.T, w *world) {
	w.publish(t, day, 1)
	w.stop()
	if image, err := w.image(t); err != nil || image.Release != w.Releases[0] {
		t.Errorf("got %+v, %v", image, err)
	}
}

// notPinned refuses to pin, and --locked does not keep such a kernel from being named.
func notPinned(t *testing.T, w *world) {
	w.publish(t, day, 1)
	_, _, err := w.catalogue(t, kernel.Lock{}, false).Lock(t.Context(), []string{w.Selector})
	if !errors.As(err, new(*kernel.SelectorError)) {
		t.Errorf("pinned: %v", err)
	}
	if ref, err := w.resolve(t, w.catalogue(t, kernel.Lock{}, true)); err != nil || ref.Release != w.Releases[0] {
		t.Errorf("locked: got %+v, %v", ref, err)
	}
}

func unsigned(t *testing.T, w *world) {
	w.publish(t, day, 1)
	if image, err := w.image(t); err != nil || image.Signer != "" {
		t.Errorf("got %+v, %v", image, err)
	}
}

func neverExpires(t *testing.T, w *world) {
	w.key = kerneltest.NewKey(Now.Add(-1000*day), 900*day)
	w.open(t)
	w.publish(t, day, 1)
	if image, err := w.image(t); err != nil || image.Signer != w.signer() {
		t.Errorf("got %+v, %v", image, err)
	}
}

// damageIsAnother changes the kernel and the modules in a directory: each is another kernel
// then. It passes over a configuration, which belongs to the kernel beside it.
func damageIsAnother(t *testing.T, w *world) {
	before := w.listed(t)
	err := filepath.WalkDir(w.mirror.Dir, func(name string, e os.DirEntry, err error) error {
		if err != nil || e.IsDir() || filepath.Ext(name) != ".ko" && filepath.Base(filepath.Dir(name)) != "boot" || filepath.Base(name)[0] == 'c' {
			return err
		}
		body, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		if err := os.WriteFile(name, body[:len(body)-1], 0o644); err != nil {
			return err
		}
		after, err := w.resolve(t, w.catalogue(t, kernel.Lock{}, false))
		if err != nil || after.ID() == before.ID() {
			t.Errorf("%s is cut off: %v", name, err)
		}
		before = after
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

func takesOlder(t *testing.T, w *world) {
	w.publish(t, day, 2)
	newer, err := w.image(t)
	if err != nil {
		t.Fatal(err)
	}
	w.clear()
	w.publish(t, 2*day, 1)
	if image, err := w.image(t); err != nil || image.Release != w.Releases[0] || image.SHA256 == newer.SHA256 {
		t.Errorf("got %+v, %v", image, err)
	}
}

// vanished is a kernel whose files are removed after it was named.
func vanished(t *testing.T, w *world) {
	ref := w.listed(t)
	if err := os.RemoveAll(filepath.Join(w.mirror.Dir, "boot")); err != nil {
		t.Fatal(err)
	}
	if image, err := w.catalogue(t, kernel.Lock{}, false).Image(t.Context(), ref); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("got %+v, %v", image, err)
	}
}
