package mainline

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

var now = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)

// builds is a mirror with builds of several versions.
func builds(t *testing.T) (*kerneltest.Repository, kerneltest.Key, *Source) {
	t.Helper()
	mirror, key := kerneltest.NewRepository(), kerneltest.NewKey(now.Add(-time.Hour), 0)
	put := func(dir, image, release, version string) {
		kerneltest.MainlineBuild(mirror, key, now.Add(-time.Minute), dir, kerneltest.SplitKernel(image, release, version))
	}
	put("v6.6.8/amd64", "image-unsigned", "6.6.8-060608-generic", "6.6.8-060608.1")
	put("v6.6.9/amd64", "image-unsigned", "6.6.9-060609-generic", "6.6.9-060609.1")
	put("v6.6.10/arm64", "image-unsigned", "6.6.10-060610-generic", "6.6.10-060610.1") // no amd64
	put("v5.1/amd64", "image-unsigned", "5.1.0-050100-generic", "5.1.0-050100.1")
	put("v5.1.3/amd64", "image-unsigned", "5.1.3-050103-generic", "5.1.3-050103.1")
	put("v7.1-rc3/amd64", "image-unsigned", "7.1.0-070100rc3-generic", "7.1.0-070100rc3.1")
	// An old build has one directory, and its modules in the image.
	kerneltest.MainlineBuild(mirror, key, now, "v4.9", []kerneltest.Package{{Name: "linux-image-4.9.0-040900-generic", Version: "4.9.0-040900.1", Body: []byte("x")}})
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	kept, err := store.Open(store.Options{Root: t.TempDir(), Client: download.Client{Tries: 1}})
	if err != nil {
		t.Fatal(err)
	}
	source, err := New(Options{Mirror: server.URL, KeyServer: server.URL, Fingerprint: key.Fingerprint(), Now: func() time.Time { return now }, Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	return mirror, key, source
}

func TestList(t *testing.T) {
	_, _, source := builds(t)
	for _, tt := range []struct{ track, within, exact, want string }{
		{"6.6", "", "", "mainline/6.6 6.6.9-060609-generic"}, // 6.6.10 lacks the architecture
		{"6.6.8", "", "", "mainline/6.6.8 6.6.8-060608-generic"},
		{"6.6.10", "", "", ""},
		{"6.6.99", "", "", ""},
		{"5.1", "", "", "mainline/5.1 5.1.3-050103-generic"},
		{"5.1.0", "", "", "mainline/5.1.0 5.1.0-050100-generic"},
		{"7.1-rc3", "", "", "mainline/7.1-rc3 7.1.0-070100rc3-generic"},
		{"7.1", "", "", "mainline/7.1 7.1.0-070100rc3-generic"},
		{"4.9", "", "", "mainline/4.9 4.9.0-040900-generic"},
		{"", "6.6", "", "mainline/6.6 6.6.9-060609-generic"},
		{"", "6.6", "6.6.8", "mainline/6.6.8 6.6.8-060608-generic"},
		{"", "6.6", "6.6.8-060608-generic", "mainline/6.6.8 6.6.8-060608-generic"},
		{"", "6.6", "6.6.0-8-cloud-amd64", ""},
		{"", ">=5.0 <7.0", "", "mainline/5.1 5.1.3-050103-generic mainline/6.6 6.6.9-060609-generic"},
		{"", "3.2", "", ""},
	} {
		within, err := kernel.ParseRange(tt.within)
		if err != nil {
			t.Fatal(err)
		}
		refs, _, err := source.List(t.Context(), kernel.Want{Track: tt.track, Within: within, Exact: tt.exact})
		var got []string
		for _, r := range refs {
			got = append(got, r.Label(), r.Release)
		}
		if err != nil || strings.Join(got, " ") != tt.want {
			t.Errorf("%+v: got %q, %v", tt, got, err)
		}
	}
}

// A sweep is given every build, oldest first.
func TestListAll(t *testing.T) {
	_, _, source := builds(t)
	within, err := kernel.ParseRange(">=5.1 <=6.6.9")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		want kernel.Want
		got  string
	}{
		{kernel.Want{Track: "6.6", All: true}, "6.6.8-060608-generic 6.6.9-060609-generic"},
		{kernel.Want{Within: within, All: true, Every: true}, "5.1.0-050100-generic 5.1.3-050103-generic 6.6.8-060608-generic 6.6.9-060609-generic"},
	} {
		refs, _, err := source.List(t.Context(), tt.want)
		var got []string
		for _, r := range refs {
			got = append(got, r.Release)
		}
		if err != nil || strings.Join(got, " ") != tt.got {
			t.Errorf("%+v: got %q, %v", tt.want, got, err)
		}
	}
}

// Nobody is asked for what mainline cannot have.
func TestNobodyIsAsked(t *testing.T) {
	mirror, _, source := builds(t)
	old, _ := kernel.ParseRange("3.2")
	for _, want := range []kernel.Want{{}, {Every: true}, {Within: old}, {Exact: "6.1.0-5-amd64"}} {
		if refs, _, err := source.List(t.Context(), want); err != nil || len(refs) > 0 {
			t.Errorf("%+v: got %v, %v", want, refs, err)
		}
	}
	if asked := mirror.Requests(); len(asked) > 0 {
		t.Errorf("asked for %q", asked)
	}
}

// A mirror cannot pass a signed build off as another version.
func TestBuildInAnothersPlace(t *testing.T) {
	mirror, _, source := builds(t)
	for _, name := range []string{"CHECKSUMS", "CHECKSUMS.gpg"} {
		mirror.Put("v6.6.9/amd64/"+name, mirror.Get("v6.6.8/amd64/"+name))
	}
	refs, _, err := source.List(t.Context(), kernel.Want{Track: "6.6.9"})
	if err == nil || !strings.Contains(err.Error(), "it is of 6.6.8-060608-generic, not of 6.6.9") {
		t.Errorf("got %v, %v", refs, err)
	}
}

func TestUnsigned(t *testing.T) {
	mirror, _, source := builds(t)
	mirror.Remove("v6.6.9/amd64/CHECKSUMS.gpg")
	if refs, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); !errors.Is(err, ErrSignature) {
		t.Errorf("got %v, %v", refs, err)
	}
}

// A key that has expired since it was fetched is fetched again: it may live longer now.
func TestKeyThatLivesLonger(t *testing.T) {
	mirror, key, source := builds(t)
	brief := key.Extended(now.Add(-time.Hour), 2*time.Hour)
	mirror.Put("pks/lookup", brief.Public())
	if _, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); err != nil {
		t.Fatal(err)
	}
	source.key.now = func() time.Time { return now.Add(3 * time.Hour) }
	if _, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); !errors.Is(err, ErrSignature) || !strings.Contains(err.Error(), "expired") {
		t.Errorf("it has expired: got %v", err)
	}
	mirror.Put("pks/lookup", key.Extended(now.Add(2*time.Hour), 9*time.Hour).Public())
	for range 2 {
		if refs, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); err != nil || len(refs) == 0 {
			t.Errorf("it lives longer: got %v, %v", refs, err)
		}
	}
	asked := 0
	for _, path := range mirror.Requests() {
		if path == "pks/lookup" {
			asked++
		}
	}
	if asked != 3 {
		t.Errorf("the key was asked for %d times, not 3", asked)
	}
}

func TestKeyOfAnotherServer(t *testing.T) {
	mirror, _, source := builds(t)
	mirror.Put("pks/lookup", kerneltest.NewKey(now.Add(-time.Hour), 0).Public())
	if _, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); err == nil || !strings.Contains(err.Error(), "has another key") {
		t.Errorf("got %v", err)
	}
	mirror.Remove("pks/lookup")
	if _, _, err := source.List(t.Context(), kernel.Want{Track: "6.6"}); err == nil || !strings.Contains(err.Error(), "BPFLAB_KEYSERVER") {
		t.Errorf("got %v", err)
	}
}

func TestChecksumsRejects(t *testing.T) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	image := digest + "  linux-image-unsigned-6.6.9-060609-generic_1_amd64.deb\n"
	modules := digest + "  linux-modules-6.6.9-060609-generic_1_amd64.deb\n"
	v := kernel.Version{Major: 6, Minor: 6, Patch: 9}
	for name, tt := range map[string]struct{ text, want string }{
		"empty":              {"", "no kernel for amd64"},
		"no modules":         {image, "no kernel for amd64"},
		"other architecture": {strings.ReplaceAll(image+modules, "amd64", "arm64"), "no kernel for amd64"},
		"two digests":        {image + "f" + image[1:] + modules, "two digests"},
		"two images":         {image + strings.Replace(image, "_1_", "_2_", 1) + modules, "has both"},
		"other modules":      {image + strings.ReplaceAll(modules, "060609", "060608"), "the modules of"},
		"other version":      {strings.ReplaceAll(image+modules, "6.6.9-", "6.6.8-"), "not of 6.6.9"},
	} {
		if got, err := packagesOf([]byte(tt.text), v); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: got %v, %v; want %q", name, got, err, tt.want)
		}
	}
	if got, err := packagesOf([]byte("# Checksums-Sha256:\n"+image+modules+image), v); err != nil || len(got) != 2 || got[0].kind != "image-unsigned" {
		t.Errorf("got %v, %v", got, err)
	}
}

func FuzzChecksums(f *testing.F) {
	const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	f.Add([]byte("# Checksums-Sha256:\n" + digest + "  linux-image-unsigned-6.6.9-060609-generic_6.6.9-060609.1_amd64.deb\n" + digest + "  linux-modules-6.6.9-060609-generic_6.6.9-060609.1_amd64.deb\n"))
	f.Add([]byte(digest + " *linux-image-4.9.0-040900rc1-generic_../../x_amd64.deb\r\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		sums, err := parseChecksums(text)
		if err != nil {
			return
		}
		for _, s := range sums {
			file := kernel.File{Package: s.name, Path: "v6.6/amd64/" + s.file, Size: 1, SHA256: s.sha256}
			if err := file.Check(); err != nil {
				t.Errorf("%+v: %v", s, err)
			}
			if v, err := versionOf(s.release); err == nil {
				if _, err := packagesOf(text, v); err != nil && strings.Contains(err.Error(), "two digests") {
					t.Errorf("%q is read once with an error: %v", text, err)
				}
			}
		}
	})
}
