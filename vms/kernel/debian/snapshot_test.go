package debian

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// snapshots is a mirror with unstable as it was in September 2019: first without, then with
// a kernel, and signed by a key that has expired since.
func snapshots(t *testing.T) *world {
	t.Helper()
	w := newWorld(t)
	then := time.Date(2019, 9, 26, 3, 0, 0, 0, time.UTC)
	key := kerneltest.NewKey(then.Add(-100*day), 200*day)
	w.source.keys = Keys{Current: ours.Public(), Archived: key.Public()}
	w.source.mirrors.Snapshot = w.source.mirrors.Archive
	sid := kerneltest.Suite{Root: "archive/debian/20190926T030000Z", Path: "sid", Codename: "sid", Date: then.Add(-time.Hour), ValidUntil: then.Add(6 * day)}
	w.mirror.Add(sid, key)
	sid.Root, sid.Date = "archive/debian/20190926T090000Z", then.Add(5*time.Hour)
	sid.Packages = []kerneltest.Package{image("5.2.0-3-cloud-amd64", "5.2.17-1"), image("5.2.0-3-amd64", "5.2.17-1"), image("4.19.0-9-amd64", "4.19.80-1")}
	w.mirror.Add(sid, key)
	for path, body := range map[string]string{
		"mr/package/linux-signed-amd64/":                     `{"result": [{"version": "5.2.17+1~bpo10+1"}, {"version": "5.2.17+1"}, {"version": "5.2.9+2"}]}`,
		"mr/package/linux/":                                  `{"result": []}`,
		"mr/package/linux-signed-amd64/5.2.17+1/binpackages": `{"result": [{"name": "linux-headers-5.2.0-3", "version": "5.2.17-1"}, {"name": "linux-image-5.2.0-3-amd64", "version": "5.2.17-1"}]}`,
		"mr/binary/linux-image-5.2.0-3-amd64/":               `{"result": [{"binary_version": "5.2.17-1"}]}`,
		"mr/binary/linux-image-5.2.0-3-amd64/5.2.17-1/binfiles": `{"fileinfo": {"aa": [
			{"archive_name": "debian", "first_seen": "20190926T030000Z", "name": "linux-image-5.2.0-3-amd64_5.2.17-1_amd64.deb"},
			{"archive_name": "debian-security", "first_seen": "20190920T030000Z", "name": "linux-image-5.2.0-3-amd64_5.2.17-1_amd64.deb"}],
			"bb": [{"archive_name": "debian", "first_seen": "20190901T030000Z", "name": "x_arm64.deb"}]}}`,
	} {
		w.mirror.Put(path, []byte(body))
	}
	return w
}

func TestSnapshot(t *testing.T) {
	w := snapshots(t)
	refs, _, err := w.source.List(t.Context(), kernel.Want{Track: "5.2.17"})
	if err != nil || releases(refs) != "5.2.0-3-cloud-amd64 5.2.0-3-amd64" {
		t.Fatalf("got %q, %v", releases(refs), err)
	}
	for i, label := range []string{"debian/5.2.17", "debian/5.2.17/generic"} {
		ref := refs[i]
		if ref.Label() != label || ref.Suite != "sid-20190926T090000Z" || ref.Signer == "" {
			t.Errorf("got %+v", ref)
		}
		parsed, err := kernel.ParseSelectors([]string{label})
		if err != nil {
			t.Fatal(err)
		}
		if found, err := kernel.Select(parsed[0], refs); err != nil || found[0].Release != ref.Release {
			t.Errorf("%s: got %v, %v", label, found, err)
		}
		if _, err := w.source.Fetch(t.Context(), ref); err != nil {
			t.Error(err)
		}
	}
	series, _ := kernel.ParseSelectors([]string{"5.2"})
	if found, err := kernel.Select(series[0], refs); err == nil {
		t.Errorf("the series stands for %v", found)
	}
	refs, _, err = w.source.List(t.Context(), kernel.Want{Track: "5.2.0-3-amd64"})
	if err != nil || releases(refs) != "5.2.0-3-amd64" || refs[0].Label() != "debian/5.2.0-3-amd64" {
		t.Errorf("by its release: got %q, %v", releases(refs), err)
	}
	if refs, _, err = w.source.List(t.Context(), kernel.Want{Track: "5.2.16"}); err != nil || len(refs) > 0 {
		t.Errorf("what never was: got %v, %v", refs, err)
	}
}

// The answers about times need no trust, the suite's Release does.
func TestSnapshotIsVerified(t *testing.T) {
	w := snapshots(t)
	w.source.keys.Archived = theirs.Public()
	if _, _, err := w.source.List(t.Context(), kernel.Want{Track: "5.2.17"}); !errors.Is(err, apt.ErrSignature) {
		t.Errorf("got %v", err)
	}
	w.mirror.Put("mr/package/linux-signed-amd64/", []byte("<html>"))
	if _, _, err := w.source.List(t.Context(), kernel.Want{Track: "5.2.17"}); !errors.As(err, new(*kernel.UnavailableError)) {
		t.Errorf("no JSON: %v", err)
	}
}

// No service of snapshots is known until one is named.
func TestSnapshotWithoutService(t *testing.T) {
	w := newWorld(t)
	w.source.mirrors.Snapshot = ""
	_, _, err := w.source.List(t.Context(), kernel.Want{Track: "5.2.17"})
	var wrong *kernel.SelectorError
	if !errors.As(err, &wrong) || !strings.Contains(err.Error(), "BPFLAB_DEBIAN_SNAPSHOT") {
		t.Errorf("error %v", err)
	}
}

// A pinned package that has left its mirror is fetched from the snapshots, if it has the
// digest that is pinned.
func TestFetchFromSnapshots(t *testing.T) {
	w := newWorld(t, bookworm(), security())
	refs, _, err := w.source.List(t.Context(), within(t, "6.1"))
	if err != nil {
		t.Fatal(err)
	}
	pin := refs[0]
	body := w.mirror.Get("debian/" + pin.Package().Path)
	w.mirror.Remove("debian/" + pin.Package().Path)
	if _, err := w.source.Fetch(t.Context(), pin); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("without snapshots: %v", err)
	}
	w.source.mirrors.Snapshot = w.source.mirrors.Archive
	w.source.archive.Elsewhere = w.source.inSnapshots
	if _, err := w.source.Fetch(t.Context(), pin); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("snapshots without it: %v", err)
	}
	w.mirror.Put("mr/binary/linux-image-"+pin.Release+"/6.1.192-2/binfiles", []byte(`{"fileinfo": {
		"aa": [{"archive_name": "debian-security", "first_seen": "20260501T030000Z", "name": "linux-image_amd64.deb"}],
		"bb": [{"archive_name": "debian", "first_seen": "20260501T030000Z", "name": "linux-image_arm64.deb"}]}}`))
	w.mirror.Put("file/aa", []byte("another package"))
	if _, err := w.source.Fetch(t.Context(), pin); !errors.Is(err, kernel.ErrGone) || !strings.Contains(err.Error(), "cannot be had elsewhere") {
		t.Errorf("another package: %v", err)
	}
	w.mirror.Put("file/aa", body)
	if paths, err := w.source.Fetch(t.Context(), pin); err != nil || len(paths) != 1 {
		t.Errorf("got %q, %v", paths, err)
	}
}
