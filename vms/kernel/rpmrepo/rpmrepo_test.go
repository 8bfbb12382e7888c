package rpmrepo

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

const day = 24 * time.Hour

var (
	now     = time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	theirs  = kerneltest.NewRSAKey(now.Add(-1000*day), 0)
	other   = kerneltest.NewRSAKey(now.Add(-1000*day), 0)
	expired = kerneltest.NewRSAKey(now.Add(-1000*day), 900*day)
)

func armored(keys []kerneltest.Key) []byte {
	var all []byte
	for _, k := range keys {
		all = append(append(all, k.Public()...), '\n')
	}
	return all
}

// world is a mirror, and sources that read it.
type world struct {
	mirror *kerneltest.Repository
	store  *store.Store
	url    string
}

func newWorld(t *testing.T) *world {
	t.Helper()
	mirror := kerneltest.NewRepository()
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	kept, err := store.Open(store.Options{Root: t.TempDir(), Client: download.Client{Tries: 2, Pause: time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	return &world{mirror, kept, server.URL}
}

// source returns a vendor's, whose archive is on the mirror too, at "archive".
func (w *world) source(t *testing.T, name string, keys ...kerneltest.Key) *Source {
	t.Helper()
	if keys == nil {
		keys = []kerneltest.Key{theirs}
	}
	s, err := New(name, Options{Mirror: w.url, Only: true, Keys: armored(keys), Now: func() time.Time { return now }, Blobs: w.store, States: w.store})
	if err != nil {
		t.Fatal(err)
	}
	s.roots = append(s.roots, w.url+"/archive")
	return s
}

// made is one package of a version, with the files of one part of a kernel.
func made(name, version, release string, entries ...kerneltest.Entry) kerneltest.RPMFile {
	return signedBy(theirs, kerneltest.RPM{Name: name, Version: version, Release: release, Entries: entries})
}

func signedBy(key kerneltest.Key, p kerneltest.RPM) kerneltest.RPMFile {
	return kerneltest.RPMFile{RPM: p, Body: p.Pack(key, now.Add(-30*day))}
}

func core(name, version, release string) kerneltest.RPMFile {
	uname := version + "-" + release + ".x86_64"
	return made(name, version, release,
		kerneltest.Entry{Name: "./lib/modules/" + uname + "/vmlinuz", Body: kerneltest.Kernel(uname)})
}

func modules(name, version, release, module string) kerneltest.RPMFile {
	return made(name, version, release,
		kerneltest.Entry{Name: "./lib/modules/" + version + "-" + release + ".x86_64/kernel/" + module, Body: []byte("fake")})
}

// inBoot is a kernel in one package, with its image in /boot, whose release is uname.
func inBoot(name, version, release, uname string) kerneltest.RPMFile {
	return made(name, version, release,
		kerneltest.Entry{Name: "./boot/vmlinuz-" + uname, Body: kerneltest.Kernel(uname)},
		kerneltest.Entry{Name: "./lib/modules/" + uname + "/kernel/net/veth.ko.xz", Body: []byte("fake")})
}

// el returns the packages of a kernel as RHEL 9 has them.
func el(version, release string) []kerneltest.RPMFile {
	return []kerneltest.RPMFile{
		core("kernel-core", version, release), modules("kernel-modules-core", version, release, "net/veth.ko.xz"),
		modules("kernel-modules", version, release, "net/a.ko.xz"), modules("kernel-modules-extra", version, release, "net/b.ko.xz"),
		made("kernel", version, release),
	}
}

var yesterday = now.Add(-day)

func amazonList(w *world, list, to string) {
	w.mirror.Put(list+"/mirror.list", []byte("https://cdn.amazonlinux.com/"+to+"/\nhttps://other.example/\n"))
}

// kernelsOf has a kernel of each vendor, as its repositories hold it.
var kernelsOf = map[string]struct {
	fill                     func(w *world)
	selector, release, suite string
	packages                 string
}{
	"fedora": {func(w *world) {
		w.mirror.AddRPMs("releases/43/Everything/x86_64/os", yesterday, kerneltest.Key{}, el("6.17.1", "300.fc43")...)
		w.mirror.AddRPMs("updates/43/Everything/x86_64", yesterday, kerneltest.Key{}, slices.Concat(el("6.17.12", "300.fc43"), el("6.17.9", "300.fc43"))...)
	}, "fedora/43", "6.17.12-300.fc43.x86_64", "updates", "kernel-core kernel-modules-core kernel-modules"},
	"centos stream": {func(w *world) {
		w.mirror.AddRPMs("10-stream/BaseOS/x86_64/os", yesterday, kerneltest.Key{}, slices.Concat(el("6.12.0", "99.el10"), el("6.12.0", "124.el10"))...)
	}, "centos-stream/10", "6.12.0-124.el10.x86_64", "BaseOS", "kernel-core kernel-modules-core kernel-modules"},
	"rhel8": {func(w *world) {
		w.mirror.AddRPMs("8/BaseOS/x86_64/os", yesterday, kerneltest.Key{},
			core("kernel-core", "4.18.0", "553.el8_10"), modules("kernel-modules", "4.18.0", "553.el8_10", "net/veth.ko.xz"))
	}, "rhel8", "4.18.0-553.el8_10.x86_64", "BaseOS", "kernel-core kernel-modules"},
	"rocky 9.2, in the vault": {func(w *world) {
		w.mirror.AddRPMs("archive/9.2/BaseOS/x86_64/os", yesterday, kerneltest.Key{}, el("5.14.0", "284.30.1.el9_2")...)
	}, "rocky/9.2", "5.14.0-284.30.1.el9_2.x86_64", "BaseOS", "kernel-core kernel-modules-core kernel-modules"},
	"alma": {func(w *world) {
		w.mirror.AddRPMs("9.4/BaseOS/x86_64/os", yesterday, kerneltest.Key{}, el("5.14.0", "427.13.1.el9_4")...)
	}, "alma/9.4", "5.14.0-427.13.1.el9_4.x86_64", "BaseOS", "kernel-core kernel-modules-core kernel-modules"},
	"centos 7": {func(w *world) {
		w.mirror.AddRPMs("7.9.2009/os/x86_64", yesterday, kerneltest.Key{}, inBoot("kernel", "3.10.0", "1160.el7", "3.10.0-1160.el7.x86_64"))
		w.mirror.AddRPMs("7.9.2009/updates/x86_64", yesterday, kerneltest.Key{}, inBoot("kernel", "3.10.0", "1160.119.1.el7", "3.10.0-1160.119.1.el7.x86_64"))
	}, "centos/7", "3.10.0-1160.119.1.el7.x86_64", "updates", "kernel"},
	"uek7": {func(w *world) {
		w.mirror.AddRPMs("OL9/UEKR7/x86_64", yesterday, kerneltest.Key{}, made("kernel-uek", "5.15.0", "3.60.5.1.el9uek"),
			core("kernel-uek-core", "5.15.0", "3.60.5.1.el9uek"), modules("kernel-uek-modules", "5.15.0", "3.60.5.1.el9uek", "net/veth.ko.xz"))
	}, "oracle/uek7", "5.15.0-3.60.5.1.el9uek.x86_64", "OL9-UEKR7", "kernel-uek-core kernel-uek-modules"},
	"uek6": {func(w *world) {
		w.mirror.AddRPMs("OL8/UEKR6/x86_64", yesterday, kerneltest.Key{}, inBoot("kernel-uek", "5.4.17", "2136.330.7.1.el8uek", "5.4.17-2136.330.7.1.el8uek.x86_64"))
	}, "oracle/uek6", "5.4.17-2136.330.7.1.el8uek.x86_64", "OL8-UEKR6", "kernel-uek"},
	"amazon 2": {func(w *world) {
		p := inBoot("kernel", "5.10.214", "202.855.amzn2", "5.10.214-202.855.amzn2.x86_64")
		p.Path = "../../../../../blobstore/aa/kernel.rpm"
		w.mirror.AddRPMs("2/extras/kernel-5.10/1.0/x86_64/guid", yesterday, kerneltest.Key{}, p)
		amazonList(w, "2/extras/kernel-5.10/latest/x86_64", "2/extras/kernel-5.10/1.0/$basearch/guid")
	}, "amazon/2/5.10", "5.10.214-202.855.amzn2.x86_64", "core", "kernel"},
	"amazon 2023": {func(w *world) {
		w.mirror.AddRPMs("al2023/core/guids/guid/x86_64", yesterday, kerneltest.Key{},
			inBoot("kernel", "6.1.158", "178.288.amzn2023", "6.1.158-178.288.amzn2023.x86_64"),
			inBoot("kernel6.12", "6.12.55", "74.119.amzn2023", "6.12.55-74.119.amzn2023.x86_64"))
		amazonList(w, "al2023/core/mirrors/latest/x86_64", "al2023/core/guids/guid/x86_64")
	}, "amazon/2023/6.12", "6.12.55-74.119.amzn2023.x86_64", "core", "kernel6.12"},
	"suse": {func(w *world) {
		w.mirror.AddRPMs("distribution/leap/15.6/repo/oss", yesterday, theirs, inBoot("kernel-default", "6.4.0", "150600.21.3", "6.4.0-150600.21-default"))
		w.mirror.AddRPMs("update/leap/15.6/sle", yesterday, theirs, inBoot("kernel-default", "6.4.0", "150600.23.17.1", "6.4.0-150600.23.17-default"))
	}, "opensuse/15.6", "6.4.0-150600.23.17-default", "sle", "kernel-default"},
}

func TestVendors(t *testing.T) {
	for name, tt := range kernelsOf {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tt.fill(w)
			ref, s := w.resolve(t, tt.selector)
			var packages []string
			for _, f := range ref.Files {
				packages = append(packages, f.Package)
			}
			if got := strings.Join(packages, " "); ref.Suite != tt.suite || got != tt.packages || ref.Release != tt.release {
				t.Errorf("got %+v with %s", ref, got)
			}
			files, err := s.Fetch(t.Context(), ref)
			if err != nil {
				t.Fatal(err)
			}
			image, err := s.Unpack(t.Context(), ref, files, t.TempDir())
			if err != nil || image.Release != tt.release || image.Signer != theirs.Fingerprint() || image.Modules == "" {
				t.Errorf("got %+v, %v", image, err)
			}
		})
	}
}

// resolve has one of the vendors claim the selector, and returns the newest kernel of it.
func (w *world) resolve(t *testing.T, selector string) (kernel.Ref, *Source) {
	t.Helper()
	for _, name := range Names() {
		s := w.source(t, name)
		track, ours, err := s.Claim(selector)
		if err != nil {
			t.Fatal(err)
		}
		if !ours {
			continue
		}
		refs, notes, err := s.List(t.Context(), kernel.Want{Track: track})
		if err != nil || len(notes) > 0 || len(refs) == 0 {
			t.Fatal(refs, notes, err)
		}
		return refs[len(refs)-1], s
	}
	t.Fatalf("nobody claims %s", selector)
	return kernel.Ref{}, nil
}

// An error names the releases that there are; another vendor's selectors are left to it.
func TestClaimOfUnknownReleases(t *testing.T) {
	rocky := newWorld(t).source(t, "rocky")
	var problem *kernel.SelectorError
	if _, _, err := rocky.Claim("rocky/7"); !errors.As(err, &problem) || !slices.Contains(problem.Known, "rocky/9") {
		t.Errorf("got %v", err)
	}
	for _, selector := range []string{"ubuntu/22.04", "rhel7"} {
		if _, ours, err := rocky.Claim(selector); ours || err != nil {
			t.Errorf("%s: got %v, %v", selector, ours, err)
		}
	}
}

// Selectors without a source find none of these kernels, and ask nobody.
func TestPlainSelectors(t *testing.T) {
	w := newWorld(t)
	refs, notes, err := w.source(t, "rocky").List(t.Context(), kernel.Want{})
	if len(refs) > 0 || len(notes) > 0 || err != nil || len(w.mirror.Requests()) > 0 {
		t.Errorf("got %v, %q, %v", refs, notes, err)
	}
}

func TestSearch(t *testing.T) {
	w := newWorld(t)
	w.mirror.AddRPMs("8/BaseOS/x86_64/os", now, kerneltest.Key{}, el("4.18.0", "553.el8_10")...)
	w.mirror.AddRPMs("9/BaseOS/x86_64/os", now, kerneltest.Key{}, el("5.14.0", "503.el9_5")...)
	within, err := kernel.ParseRange("5.14")
	if err != nil {
		t.Fatal(err)
	}
	refs, notes, err := w.source(t, "rocky").List(t.Context(), kernel.Want{Every: true, Within: within})
	if err != nil || len(refs) != 1 || refs[0].Track != "9" || len(notes) != 1 || !strings.Contains(notes[0], "Rocky Linux 10") {
		t.Errorf("got %+v, %q, %v", refs, notes, err)
	}
}

const base = "9/BaseOS/x86_64/os"

// list returns the kernels of rocky/9.
func (w *world) list(t *testing.T) ([]kernel.Ref, error) {
	t.Helper()
	refs, _, err := w.source(t, "rocky").List(t.Context(), kernel.Want{Track: "9"})
	return refs, err
}

// A second look needs the repomd.xml alone, and no list of packages stays in the store.
func TestIndexIsRemembered(t *testing.T) {
	w := newWorld(t)
	w.mirror.AddRPMs(base, now, kerneltest.Key{}, el("5.14.0", "503.el9_5")...)
	for range 2 {
		if refs, err := w.list(t); err != nil || len(refs) != 1 {
			t.Fatal(refs, err)
		}
	}
	if got := w.mirror.Requests(); len(got) != 3 {
		t.Errorf("asked for %q", got)
	}
	if left, _ := os.ReadDir(w.store.Root() + "/blobs"); len(left) > 0 {
		t.Errorf("%d files stay", len(left))
	}
}

func TestMetadataRejects(t *testing.T) {
	good := el("5.14.0", "503.el9_5")
	tests := map[string]struct {
		attack func(w *world)
		want   error
		text   string
	}{
		"no repository": {func(w *world) { w.mirror.Remove(base + "/repodata/repomd.xml") }, kernel.ErrGone, "Rocky Linux 9, BaseOS"},
		"a page":        {func(w *world) { w.mirror.Put(base+"/repodata/repomd.xml", []byte("<html>no</html>")) }, nil, "repomd"},
		"replayed":      {func(w *world) { w.mirror.AddRPMs(base, now.Add(-2*day), kerneltest.Key{}, good...) }, ErrReplayed, "use another mirror"},
		"another list of packages": {func(w *world) {
			w.mirror.AddRPMs(base, now, kerneltest.Key{}, el("5.14.0", "504.el9_5")...)
			for _, path := range w.mirror.Paths() {
				if strings.Contains(path, "primary") {
					w.mirror.Put(path, bytes.Repeat([]byte{0}, len(w.mirror.Get(path))))
				}
			}
		}, store.ErrDigest, "primary"},
		"a longer list": {func(w *world) {
			w.mirror.AddRPMs(base, now, kerneltest.Key{}, el("5.14.0", "504.el9_5")...)
			for _, path := range w.mirror.Paths() {
				if strings.Contains(path, "primary") {
					w.mirror.Put(path, append(w.mirror.Get(path), 0))
				}
			}
		}, download.ErrLength, "primary"},
		"a package outside": {func(w *world) {
			evil := el("5.14.0", "504.el9_5")
			evil[0].Path = "../../../../../../etc/passwd"
			w.mirror.AddRPMs(base, now, kerneltest.Key{}, evil...)
		}, nil, "leaves the mirror"},
		"a redirect to a file": {func(w *world) {
			w.mirror.Serve = func(rw http.ResponseWriter, r *http.Request, _ []byte) {
				http.Redirect(rw, r, "file:///etc/passwd", http.StatusFound)
			}
		}, nil, "unsupported protocol scheme"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mirror.AddRPMs(base, now.Add(-day), kerneltest.Key{}, good...)
			if _, err := w.list(t); err != nil {
				t.Fatal(err)
			}
			tt.attack(w)
			refs, err := w.list(t)
			var network *kernel.UnavailableError
			if !errors.As(err, &network) || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, %v", refs, err)
			}
		})
	}
}

func TestSignedMetadata(t *testing.T) {
	const oss, sle = "distribution/leap/15.6/repo/oss", "update/leap/15.6/sle"
	kernels := inBoot("kernel-default", "6.4.0", "150600.23.17.1", "6.4.0-150600.23.17-default")
	tests := map[string]struct {
		key  kerneltest.Key
		want error
	}{
		"signed":      {theirs, nil},
		"unsigned":    {kerneltest.Key{}, ErrSignature},
		"another key": {other, ErrSignature},
		"expired":     {expired, ErrExpired},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			for _, root := range []string{oss, sle} {
				w.mirror.AddRPMs(root, now.Add(-day), tt.key, kernels)
			}
			refs, _, err := w.source(t, "suse", theirs, expired).List(t.Context(), kernel.Want{Track: "15.6"})
			if !errors.Is(err, tt.want) {
				t.Fatalf("got %v", err)
			}
			if tt.want == nil && (len(refs) == 0 || refs[0].Signer != theirs.Fingerprint()) {
				t.Errorf("got %+v", refs)
			}
		})
	}
	w := newWorld(t)
	w.mirror.AddRPMs(oss, now.Add(-day), theirs, kernels)
	w.mirror.Put(oss+"/repodata/repomd.xml", append(w.mirror.Get(oss+"/repodata/repomd.xml"), ' '))
	if _, _, err := w.source(t, "suse").List(t.Context(), kernel.Want{Track: "15.6"}); !errors.Is(err, ErrSignature) {
		t.Errorf("changed: got %v", err)
	}
}

func TestFetchRejects(t *testing.T) {
	describe := func(version string) kerneltest.RPM {
		return kerneltest.RPM{Name: "kernel-core", Version: version, Release: "503.el9_5",
			Entries: []kerneltest.Entry{{Name: "./lib/modules/R/vmlinuz", Body: kerneltest.Kernel("R")}}}
	}
	lied := signedBy(theirs, describe("5.14.1"))
	lied.RPM = describe("5.14.0")
	replaced := signedBy(theirs, describe("5.14.0"))
	replaced.Body[len(replaced.Body)-1] ^= 1
	tests := map[string]struct {
		core kerneltest.RPMFile
		want error
		text string
	}{
		"unsigned":          {signedBy(kerneltest.Key{}, describe("5.14.0")), rpm.ErrUnsigned, ""},
		"another key":       {signedBy(other, describe("5.14.0")), rpm.ErrKey, ""},
		"an expired key":    {signedBy(expired, describe("5.14.0")), rpm.ErrExpired, ""},
		"another payload":   {replaced, rpm.ErrDigest, ""},
		"another package":   {lied, nil, "its repository says kernel-core 5.14.0-503.el9_5"},
		"no package at all": {kerneltest.RPMFile{RPM: describe("5.14.0"), Body: []byte("text")}, rpm.ErrFormat, ""},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mirror.AddRPMs(base, now, kerneltest.Key{}, tt.core, modules("kernel-modules", "5.14.0", "503.el9_5", "a.ko"))
			s := w.source(t, "rocky", theirs, expired)
			refs, _, err := s.List(t.Context(), kernel.Want{Track: "9"})
			if err != nil || len(refs) != 1 {
				t.Fatal(refs, err)
			}
			_, err = s.Fetch(t.Context(), refs[0])
			if err == nil || tt.want != nil && !errors.Is(err, tt.want) || !strings.Contains(err.Error(), tt.text) || !strings.Contains(err.Error(), "kernel-core") {
				t.Errorf("got %v", err)
			}
			if w.store.CheckBlob(refs[0].Files[0]) == nil {
				t.Error("the package stays in the store")
			}
		})
	}
}

// A package that the mirror has moved to the vendor's archive is found there.
func TestFetchFromArchive(t *testing.T) {
	w := newWorld(t)
	w.mirror.AddRPMs(base, now, kerneltest.Key{}, el("5.14.0", "503.el9_5")...)
	refs, err := w.list(t)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range refs[0].Files {
		w.mirror.Put("archive/"+file.Path, w.mirror.Get(file.Path))
		w.mirror.Remove(file.Path)
	}
	if _, err := w.source(t, "rocky").Fetch(t.Context(), refs[0]); err != nil {
		t.Error(err)
	}
	again := newWorld(t)
	if _, err := again.source(t, "rocky").Fetch(t.Context(), refs[0]); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("nowhere: got %v", err)
	}
}

// A package whose vendor has moved it below another path is found there.
func TestFetchOfMovedPackages(t *testing.T) {
	for name, tt := range map[string]struct {
		fill         func(w *world)
		selector, to string // to is a directory
	}{
		"rocky, an older minor release": {func(w *world) {
			w.mirror.AddRPMs(base, now, kerneltest.Key{}, el("5.14.0", "427.13.1.el9_4")...)
		}, "rocky/9", "archive/9.4/BaseOS/x86_64/os"},
		"oracle": {kernelsOf["uek6"].fill, "oracle/uek6", "OL8/UEKR6/archive/x86_64"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			tt.fill(w)
			ref, s := w.resolve(t, tt.selector)
			for _, file := range ref.Files {
				at := "/" + file.Path[strings.Index(file.Path, "Packages/"):]
				w.mirror.Put(tt.to+at, w.mirror.Get(file.Path))
				w.mirror.Remove(file.Path)
			}
			if paths, err := s.Fetch(t.Context(), ref); err != nil || len(paths) != len(ref.Files) {
				t.Errorf("got %q, %v", paths, err)
			}
		})
	}
	for version, want := range map[string]string{"5.14.0-427.13.1.el9_4": "9.4/BaseOS/k.rpm", "4.18.0-240.el8": "", "4.18.0-553.el8_10": "", "5.14.0-427.el9": ""} {
		if got := toMinor(kernel.File{Path: "9/BaseOS/k.rpm", Version: version}); got != want {
			t.Errorf("%s: got %q", version, got)
		}
	}
}

// Where builds of CentOS Stream are, as public scripts have it.
func TestBuildsOfCentOSStream(t *testing.T) {
	s, err := New("centos-stream", Options{})
	if err != nil {
		t.Fatal(err)
	}
	r, _ := s.release("9")
	got := s.builtAs(r, kernel.File{Package: "kernel-core", Version: "5.14.0-427.el9"})
	if len(got) != 1 || !strings.HasSuffix(got[0], "/kojifiles/packages/kernel/5.14.0/427.el9/data/signed/8483c65d/x86_64/kernel-core-5.14.0-427.el9.x86_64.rpm") {
		t.Errorf("got %q", got)
	}
}

// A package of Fedora's that its mirrors have no more is found where it was built, if it has
// the digest that is pinned.
func TestFetchFromKoji(t *testing.T) {
	w := newWorld(t)
	w.mirror.AddRPMs("updates/43/Everything/x86_64", now, kerneltest.Key{}, el("6.17.12", "300.fc43")...)
	s := w.source(t, "fedora")
	s.builds = w.url + "/koji"
	refs, _, err := s.List(t.Context(), kernel.Want{Track: "43"})
	if err != nil || len(refs) != 1 {
		t.Fatal(refs, err)
	}
	r, _ := s.release("43")
	at := func(file kernel.File) string {
		urls := s.builtAs(r, file)
		if len(urls) != 1 || !regexp.MustCompile(`/koji/kernel/6\.17\.12/300\.fc43/data/signed/[0-9a-f]{8}/x86_64/`+file.Package+`-6\.17\.12-300\.fc43\.x86_64\.rpm$`).MatchString(urls[0]) {
			t.Fatalf("got %q", urls)
		}
		return strings.TrimPrefix(urls[0], w.url+"/")
	}
	for _, file := range refs[0].Files {
		w.mirror.Put(at(file), w.mirror.Get(file.Path))
		w.mirror.Remove(file.Path)
	}
	image := refs[0].Package()
	body := w.mirror.Get(at(image))
	w.mirror.Put(at(image), []byte("another package"))
	if _, err := s.Fetch(t.Context(), refs[0]); !errors.Is(err, kernel.ErrGone) || !strings.Contains(err.Error(), "cannot be had elsewhere") {
		t.Errorf("another package: got %v", err)
	}
	w.mirror.Put(at(image), body)
	if paths, err := s.Fetch(t.Context(), refs[0]); err != nil || len(paths) != len(refs[0].Files) {
		t.Errorf("got %q, %v", paths, err)
	}
}

func TestMirrorList(t *testing.T) {
	for name, text := range map[string]string{
		"empty": "", "a file": "file:///etc\n", "climbs": "https://h/../../x\n", "no path": "https://h/\n", "no URL": "%%%\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.mirror.Put("al2023/core/mirrors/latest/x86_64/mirror.list", []byte(text))
			_, _, err := w.source(t, "amazon").List(t.Context(), kernel.Want{Track: "2023"})
			if err == nil || !strings.Contains(err.Error(), "mirror.list") {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestNewRejects(t *testing.T) {
	for _, mirror := range []string{"file:///etc", "nowhere", "http://"} {
		if _, err := New("rocky", Options{Mirror: mirror}); err == nil {
			t.Errorf("%s was taken", mirror)
		}
	}
	if _, err := New("slackware", Options{}); err == nil {
		t.Error("an unknown vendor was taken")
	}
}

// Every release has keys that can sign, and they are those of keys/README.md.
func TestKeys(t *testing.T) {
	used := map[string]bool{}
	for _, v := range vendors {
		for _, track := range v.known {
			r, ok := v.track(track)
			if !ok {
				t.Fatalf("%s has no track %s", v.name, track)
			}
			keys, err := vendorKeys(r.keys)
			if err != nil || len(keys) == 0 {
				t.Fatal(v.name, track, err)
			}
			for _, name := range r.keys {
				used[name+".asc"] = true
			}
		}
	}
	listed := readmeKeys(t)
	files, err := filepath.Glob("keys/*.asc")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		keys, err := vendorKeys([]string{strings.TrimSuffix(name, ".asc")})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, k := range keys {
			got = append(got, fmt.Sprintf("%X", k.PrimaryKey.Fingerprint))
		}
		if !slices.Equal(got, listed[name]) {
			t.Errorf("%s: got %q, and README.md has %q", name, got, listed[name])
		}
		if !used[name] {
			t.Errorf("%s is used by no release", name)
		}
	}
}

var readmeRow = regexp.MustCompile(`(?m)^\| (\S+\.asc) \| ([0-9A-F]{40}) \|`)

func readmeKeys(t *testing.T) map[string][]string {
	t.Helper()
	text, err := os.ReadFile("keys/README.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := map[string][]string{}
	for _, m := range readmeRow.FindAllStringSubmatch(string(text), -1) {
		listed[m[1]] = append(listed[m[1]], m[2])
	}
	return listed
}
