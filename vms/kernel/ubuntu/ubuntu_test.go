package ubuntu

import (
	"errors"
	"net/http/httptest"
	"path"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

func newSource(t *testing.T, mirror string, trusted []byte, kept *store.Store) kernel.Source {
	t.Helper()
	source, err := New(Options{Mirror: mirror, Launchpad: mirror, Keys: trusted, Now: func() time.Time { return now }, Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

// jammy is a mirror with two releases and several kernels of each.
func jammy(t *testing.T) kernel.Source {
	t.Helper()
	mirror := kerneltest.NewRepository()
	key := kerneltest.NewKey(now.Add(-time.Hour), 0)
	at := now.Add(-time.Minute)
	kerneltest.UbuntuSuites(mirror, key, at, "jammy",
		kerneltest.SplitKernel("image", "5.15.0-9-generic", "5.15.0-9.9"), kerneltest.SplitKernel("image", "5.15.0-100-generic", "5.15.0-100.110"),
		kerneltest.SplitKernel("image-unsigned", "5.15.0-100-lowlatency", "5.15.0-100.110"), kerneltest.SplitKernel("image", "6.5.0-9-generic", "6.5.0-9.9~22.04.1"),
		kerneltest.SplitKernel("image", "6.8.0-7-generic", "6.8.0-7.7~22.04.1"), kerneltest.SplitKernel("image", "6.8.0-1007-aws", "6.8.0-1007.7~22.04.1"),
		kerneltest.SplitKernel("image", "5.15.0-1-nvidia", "5.15.0-1.1"))
	broken := kerneltest.SplitKernel("image", "5.15.0-101-generic", "5.15.0-101.111")
	for i := range broken {
		if strings.HasPrefix(broken[i].Name, "linux-modules-5") {
			broken[i].Name = "linux-other"
		}
	}
	kerneltest.UbuntuSuites(mirror, key, at, "focal", kerneltest.SplitKernel("image", "5.4.0-9-generic", "5.4.0-9.9"), kerneltest.SplitKernel("image", "5.15.0-8-generic", "5.15.0-8.8~20.04.1"), broken)
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	kept, err := store.Open(store.Options{Root: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	return newSource(t, server.URL, key.Public(), kept)
}

func TestTracks(t *testing.T) {
	source := jammy(t)
	tests := []struct{ track, within, want string }{
		{"22.04", "", "5.15.0-9-generic 5.15.0-100-generic"},
		{"22.04/lowlatency", "", "5.15.0-100-lowlatency"},
		{"22.04/hwe", "", "6.5.0-9-generic 6.8.0-7-generic"},
		{"22.04/6.5", "", "6.5.0-9-generic"},
		{"22.04/aws", "", ""},
		{"22.04/aws/6.8", "", "6.8.0-1007-aws"},
		{"22.04/5.15.0-9-generic", "", "5.15.0-9-generic"},
		{"20.04/5.15", "", "5.15.0-8-generic"},
		{"", "5.15", "5.15.0-9-generic 5.15.0-100-generic"}, // not that of 20.04
		{"", "6.5", "6.5.0-9-generic"},
		{"", "5.4", "5.4.0-9-generic"},
		{"", "5.9", ""},
		{"", "3.2", ""},
	}
	for _, tt := range tests {
		t.Run(tt.track+" "+tt.within, func(t *testing.T) {
			within, err := kernel.ParseRange(tt.within)
			if err != nil {
				t.Fatal(err)
			}
			refs, notes, err := source.List(t.Context(), kernel.Want{Track: tt.track, Within: within})
			var got []string
			for _, r := range refs {
				got = append(got, r.Release)
				if r.Suite != "jammy-updates" && r.Suite != "focal-updates" || tt.track != "" && r.Track != tt.track || len(r.Files) != 2 {
					t.Errorf("got %+v", r)
				}
			}
			if err != nil || len(notes) > 0 || strings.Join(got, " ") != tt.want {
				t.Errorf("got %q, %q, %v; want %q", got, notes, err, tt.want)
			}
		})
	}
}

func TestExtraModules(t *testing.T) {
	refs, _, err := jammy(t).List(t.Context(), kernel.Want{Track: "22.04/extra"})
	if err != nil || len(refs) != 2 || len(refs[0].Files) != 3 || !strings.HasPrefix(refs[0].Files[2].Package, "linux-modules-extra-") {
		t.Errorf("got %+v, %v", refs, err)
	}
}

func TestEverything(t *testing.T) {
	within, err := kernel.ParseRange("5.15")
	if err != nil {
		t.Fatal(err)
	}
	refs, _, err := jammy(t).List(t.Context(), kernel.Want{Within: within, Every: true})
	if got := strings.Join(kernel.Labels(refs), " "); err != nil || got != "ubuntu/20.04/5.15 ubuntu/22.04 ubuntu/22.04/lowlatency" {
		t.Errorf("got %s, %v", got, err)
	}
}

func TestMirrorOfApt(t *testing.T) {
	etc := fstest.MapFS{"sources.list": {Data: []byte("deb http://security.example/ubuntu jammy-security main\ndeb http://de.example/ubuntu jammy main\n")}}
	if got := configured(etc); got != "http://de.example/ubuntu" {
		t.Errorf("got %q", got)
	}
	if _, err := FindMirror("nonsense"); err == nil {
		t.Error("nonsense is a mirror")
	}
	if source, err := New(Options{}); err != nil || len(source.ring) != 2 {
		t.Errorf("the archive's keys: %v", err)
	}
}

// A package that has left the archive is fetched from Launchpad, if it has the digest that is
// pinned.
func TestFetchFromLaunchpad(t *testing.T) {
	mirror, key := kerneltest.NewRepository(), kerneltest.NewKey(now.Add(-time.Hour), 0)
	kerneltest.UbuntuSuites(mirror, key, now.Add(-time.Minute), "jammy", kerneltest.SplitKernel("image", "5.15.0-9-generic", "5.15.0-9.9"))
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	open := func() kernel.Source {
		kept, err := store.Open(store.Options{Root: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		return newSource(t, server.URL, key.Public(), kept)
	}
	refs, _, err := open().List(t.Context(), kernel.Want{Track: "22.04"})
	if err != nil || len(refs) != 1 {
		t.Fatal(refs, err)
	}
	for _, file := range refs[0].Files {
		mirror.Put(strings.TrimPrefix(primaryFiles, "/")+path.Base(file.Path), mirror.Get(file.Path))
		mirror.Remove(file.Path)
	}
	if paths, err := open().Fetch(t.Context(), refs[0]); err != nil || len(paths) != len(refs[0].Files) {
		t.Errorf("got %q, %v", paths, err)
	}
	mirror.Put(strings.TrimPrefix(primaryFiles, "/")+path.Base(refs[0].Package().Path), []byte("another package of that name"))
	if _, err := open().Fetch(t.Context(), refs[0]); !errors.Is(err, kernel.ErrGone) || !strings.Contains(err.Error(), "cannot be had elsewhere") {
		t.Errorf("another package: got %v", err)
	}
}
