package rpmrepo

import (
	"os"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// The newest kernel of every track is on the vendor's own mirror, signed by a key that is
// known here.
func TestOnline(t *testing.T) {
	if os.Getenv("BPFLAB_ONLINE_TESTS") != "1" {
		t.Skip("fetches from the vendors' mirrors: set BPFLAB_ONLINE_TESTS=1")
	}
	for _, v := range vendors {
		for _, track := range v.known {
			t.Run(kernel.TrackSelector(v.name, track), func(t *testing.T) {
				kept, err := store.Open(store.Options{Root: t.TempDir()})
				if err != nil {
					t.Fatal(err)
				}
				s, err := New(v.name, Options{Blobs: kept, States: kept})
				if err != nil {
					t.Fatal(err)
				}
				refs, notes, err := s.List(t.Context(), kernel.Want{Track: track})
				if err != nil || len(notes) > 0 || len(refs) == 0 {
					t.Fatal(refs, notes, err)
				}
				ref := refs[len(refs)-1]
				files, err := s.Fetch(t.Context(), ref)
				if err != nil {
					t.Fatal(err)
				}
				image, err := s.Unpack(t.Context(), ref, files, t.TempDir())
				if err != nil || image.Release != ref.Release || image.Modules == "" || image.Config == "" {
					t.Errorf("got %+v, %v; want %s", image, err, ref.Release)
				}
			})
		}
	}
}
