package catalogue

import (
	"errors"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// remembered returns what a result says of a kernel's package.
func remembered(ref kernel.Ref) kernel.File {
	p := ref.Package()
	return kernel.File{Package: p.Package, Version: p.Version, SHA256: p.SHA256}
}

func TestRecorded(t *testing.T) {
	s := newSource(t)
	old := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	pin := s.add(t, "7.3.4-cloud-amd64", "7.3.4-1")
	for name, tt := range map[string]struct {
		ref    kernel.Ref
		lookUp int
	}{"pinned": {pin, 0}, "offered, not the newest": {old, 1}} {
		t.Run(name, func(t *testing.T) {
			s.listed = nil
			c := catalogueOf(t, s, true, pin)
			ref, err := c.Recorded(t.Context(), kernel.Debian, "", "", remembered(tt.ref))
			if err != nil || ref.ID() != tt.ref.ID() || len(s.listed) != tt.lookUp {
				t.Fatalf("got %+v, %v, looked up %q", ref, err, s.listed)
			}
			if image, err := c.Image(t.Context(), ref); err != nil || image.SHA256 != tt.ref.Package().SHA256 || image.Release != tt.ref.Release {
				t.Errorf("got %+v, %v", image, err)
			}
		})
	}
}

// What is in the cache needs neither a pin nor a mirror.
func TestRecordedInTheCache(t *testing.T) {
	s := newSource(t)
	old := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	c := catalogueOf(t, s, true)
	if _, err := c.Image(t.Context(), old); err != nil {
		t.Fatal(err)
	}
	s.remove(t, old)
	ref, err := c.Recorded(t.Context(), kernel.Debian, "", "", remembered(old))
	if err != nil || len(s.listed) != 0 {
		t.Fatalf("got %v, looked up %q", err, s.listed)
	}
	if image, err := c.Image(t.Context(), ref); err != nil || image.Release != old.Release || image.Version != old.Version {
		t.Errorf("got %+v, %v", image, err)
	}
}

func TestRecordedErrors(t *testing.T) {
	s := newSource(t)
	gone := s.add(t, "6.1.0-55-cloud-amd64", "6.1.190-1")
	s.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	s.remove(t, gone)
	down := newSource(t)
	down.err = &kernel.UnavailableError{What: "mirror", Err: errors.New("down")}
	var network *kernel.UnavailableError
	if _, err := catalogueOf(t, down, true).Recorded(t.Context(), kernel.Debian, "", "", remembered(gone)); !errors.As(err, &network) || errors.Is(err, kernel.ErrGone) {
		t.Errorf("a mirror that is down: %v", err)
	}
	for name, tt := range map[string]struct {
		source string
		p      kernel.File
	}{
		"left its mirror": {kernel.Debian, remembered(gone)},
		"an import":       {kernel.Local, kernel.File{Package: "bzImage", SHA256: remembered(gone).SHA256}},
		"no digest":       {kernel.Debian, kernel.File{Package: "linux-image", Version: "6.1.192-2"}},
		"no version":      {kernel.Debian, kernel.File{SHA256: "aa"}},
	} {
		t.Run(name, func(t *testing.T) {
			if ref, err := catalogueOf(t, s, true).Recorded(t.Context(), tt.source, "", "", tt.p); !errors.Is(err, kernel.ErrGone) {
				t.Errorf("got %+v, %v", ref, err)
			}
		})
	}
}
