package catalogue

import (
	"context"
	"errors"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// fakeVendor is a source with tracks; the first is what plain selectors may find.
type fakeVendor struct {
	*fakeSource
	name   string
	tracks []string
	mirror string
	asked  []kernel.Want
}

func (v *fakeVendor) Name() string     { return v.name }
func (v *fakeVendor) Tracks() []string { return v.tracks }
func (v *fakeVendor) Mirror() string   { return v.mirror }

func (v *fakeVendor) Claim(selector string) (string, bool, error) {
	track, ok := kernel.CutSource(selector, v.name)
	if ok && !slices.Contains(v.tracks, track) {
		return "", true, &kernel.SelectorError{Selector: selector, Problem: "is no track"}
	}
	return track, ok, nil
}

func (v *fakeVendor) List(_ context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	if v.asked = append(v.asked, want); v.err != nil {
		return nil, nil, v.err
	}
	var found []kernel.Ref
	for _, r := range v.refs {
		plain := want.Track == "" && (want.Every || r.Track == v.tracks[0])
		if (plain || r.Track == want.Track) && want.Within.Contains(r.Version) {
			found = append(found, r)
		}
	}
	return found, nil, nil
}

// newVendor makes a source that has one kernel in each track, of the versions.
func newVendor(t *testing.T, name string, versions map[string]string, tracks ...string) *fakeVendor {
	v := &fakeVendor{fakeSource: newSource(t), name: name, tracks: tracks}
	for i, track := range tracks {
		release := versions[track] + "-1-" + strings.ReplaceAll(track, "/", "-")
		v.add(t, release, versions[track]+"-1.1")
		v.refs[i].Source, v.refs[i].Track, v.refs[i].Flavour, v.refs[i].Signer = name, track, "generic", strings.Repeat("AB", 20)
	}
	return v
}

type market struct {
	debian           *fakeSource
	ubuntu, mainline *fakeVendor
	catalogue        *Catalogue
}

func newMarket(t *testing.T, lock kernel.Lock) market {
	t.Helper()
	m := market{
		debian:   newSource(t),
		ubuntu:   newVendor(t, kernel.Ubuntu, map[string]string{"22.04": "5.15.0", "22.04/aws": "6.1.0"}, "22.04", "22.04/aws"),
		mainline: newVendor(t, kernel.Mainline, map[string]string{"6.6": "6.6.9"}, "6.6"),
	}
	m.debian.add(t, "6.1.0-56-cloud-amd64", "6.1.192-2")
	m.open(t, lock, false)
	return m
}

func (m *market) open(t *testing.T, lock kernel.Lock, locked bool) {
	t.Helper()
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	m.catalogue, err = Open(Options{Cache: t.TempDir(), Lock: text, Locked: locked, Sources: []kernel.Source{m.debian, m.ubuntu, m.mainline}})
	if err != nil {
		t.Fatal(err)
	}
}

func TestSelectorsOfSources(t *testing.T) {
	tests := []struct {
		selector, want           string
		debian, ubuntu, mainline int // times asked
	}{
		{"6.1", "6.1.0-56-cloud-amd64", 1, 0, 0},
		{"debian/6.1", "6.1.0-56-cloud-amd64", 1, 0, 0},
		{"5.15", "5.15.0-1-22.04", 1, 1, 0},
		{"6.6", "6.6.9-1-6.6", 1, 1, 1},
		{"6.6.9", "6.6.9-1-6.6", 1, 1, 1},
		{"ubuntu/22.04", "5.15.0-1-22.04", 0, 1, 0},
		{"ubuntu/22.04/aws", "6.1.0-1-22.04-aws", 0, 1, 0},
		{"mainline/6.6", "6.6.9-1-6.6", 0, 0, 1},
	}
	for _, tt := range tests {
		t.Run(tt.selector, func(t *testing.T) {
			m := newMarket(t, kernel.Lock{})
			ref := one(t, m.catalogue, tt.selector)
			if ref.Release != tt.want || ref.Selector != tt.selector {
				t.Errorf("got %+v", ref)
			}
			if len(m.debian.listed) != tt.debian || len(m.ubuntu.asked) != tt.ubuntu || len(m.mainline.asked) != tt.mainline {
				t.Errorf("asked debian %q, ubuntu %v, mainline %v", m.debian.listed, m.ubuntu.asked, m.mainline.asked)
			}
		})
	}
}

func TestSelectorsOfSourcesErrors(t *testing.T) {
	down := &kernel.UnavailableError{What: "http://ubuntu.example", Err: errors.New("no route")}
	tests := []struct {
		name, selector, want string
		err                  error
	}{
		{"another source", "ubunut/22.04", "did you mean ubuntu/22.04?", nil},
		{"no track", "ubuntu/99.04", "is no track", nil},
		{"nowhere", "3.2", "matches no kernel", nil},
		{"only Debian's", "debian/5.15", "matches no kernel", nil},
		{"unreachable", "ubuntu/22.04", "http://ubuntu.example: no route; another mirror can be named with --mirror ubuntu=URL or BPFLAB_UBUNTU_MIRROR", down},
		{"unreachable on the way", "6.6", "matches no kernel", down},
		{"and says so", "6.6", "other sources could not be asked: http://ubuntu.example: no route; another mirror can be named with --mirror ubuntu=URL", down},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := newMarket(t, kernel.Lock{})
			m.ubuntu.err = tt.err
			refs, err := m.catalogue.Resolve(t.Context(), []string{tt.selector})
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v; want %q", refs, err, tt.want)
			}
			if network := errors.As(err, new(*kernel.UnavailableError)); network != (tt.name == "unreachable") {
				t.Errorf("it counts as the network's fault: %v", network)
			}
			if tt.err != nil && len(m.mainline.asked) > 0 {
				t.Error("another source's kernel was taken in its place")
			}
		})
	}
}

// A pin of a track holds for its own selector and for the plain one, and no source is asked.
func TestLockOfSources(t *testing.T) {
	m := newMarket(t, kernel.Lock{})
	lock, _, err := m.catalogue.Lock(t.Context(), []string{"5.15", "ubuntu/22.04/aws", "6.1", "mainline/6.6"})
	if err != nil {
		t.Fatal(err)
	}
	m.open(t, lock, true)
	m.debian.listed, m.ubuntu.asked = nil, nil
	for selector, want := range map[string]string{
		"5.15": "5.15.0-1-22.04", "ubuntu/22.04": "5.15.0-1-22.04", "ubuntu/22.04/aws": "6.1.0-1-22.04-aws",
		"6.1": "6.1.0-56-cloud-amd64", "6.6": "6.6.9-1-6.6",
	} {
		ref := one(t, m.catalogue, selector)
		if ref.Release != want {
			t.Errorf("%s: got %s, want %s", selector, ref.Release, want)
		}
		image, err := m.catalogue.Image(t.Context(), ref)
		if err != nil || image.Source != ref.Source || image.Track != ref.Track || image.Signer != ref.Signer || image.Suite != "fake" || image.Series != ref.Label() {
			t.Errorf("%s: got %+v, %v", selector, image, err)
		}
	}
	all, err := m.catalogue.Resolve(t.Context(), []string{"all"})
	if err != nil || len(all) != 4 {
		t.Errorf("all: %v, %v", kernel.Labels(all), err)
	}
	if len(m.debian.listed)+len(m.ubuntu.asked) > 0 {
		t.Errorf("asked %q and %v", m.debian.listed, m.ubuntu.asked)
	}
}

// A source that is down keeps its pins when the lock file is written anew.
func TestLockKeepsPinsOfUnreachableSources(t *testing.T) {
	m := newMarket(t, kernel.Lock{})
	pin := one(t, m.catalogue, "ubuntu/22.04")
	m.open(t, kernel.Lock{}.With(pin), false)
	m.ubuntu.err = &kernel.UnavailableError{What: "mirror", Err: errors.New("down")}
	lock, notes, err := m.catalogue.Lock(t.Context(), nil)
	if err != nil || len(lock.Refs) != 2 || len(notes) != 1 || !strings.Contains(notes[0], "--mirror ubuntu=URL") {
		t.Errorf("got %v, %q, %v", kernel.Labels(lock.Refs), notes, err)
	}
	if _, _, err := m.catalogue.Lock(t.Context(), []string{"ubuntu/22.04"}); err == nil {
		t.Error("a source that was asked for by name is left out")
	}
}

func TestFallForwardInATrack(t *testing.T) {
	m := newMarket(t, kernel.Lock{})
	pin := one(t, m.catalogue, "ubuntu/22.04")
	m.open(t, kernel.Lock{}.With(pin), false)
	if err := os.Remove(filepath.Join(m.ubuntu.dir, pin.Release)); err != nil {
		t.Fatal(err)
	}
	next := m.ubuntu.add(t, "5.15.0-2-22.04", "5.15.0-2.2")
	next.Source, next.Track = kernel.Ubuntu, "22.04"
	m.ubuntu.refs = []kernel.Ref{next}
	image, err := m.catalogue.Image(t.Context(), one(t, m.catalogue, "ubuntu/22.04"))
	if err != nil || image.PkgVer != "5.15.0-2.2" || !strings.Contains(image.Warning, "pinned ubuntu/22.04 5.15.0-1.1 has left its mirror") {
		t.Errorf("got %+v, %v", image, err)
	}
}

func TestSearch(t *testing.T) {
	m := newMarket(t, kernel.Lock{})
	for word, want := range map[string]string{
		"5.15": "ubuntu/22.04", "6.1": "6.1 ubuntu/22.04/aws", "aws": "ubuntu/22.04/aws", ">=6.0": "6.1 mainline/6.6 ubuntu/22.04/aws",
	} {
		refs, _, err := m.catalogue.Search(t.Context(), word)
		labels := kernel.Labels(refs)
		slices.Sort(labels)
		if err != nil || strings.Join(labels, " ") != want {
			t.Errorf("%s: got %q, %v; want %q", word, labels, err, want)
		}
	}
	m.ubuntu.err = &kernel.UnavailableError{What: "mirror", Err: errors.New("down")}
	if refs, notes, err := m.catalogue.Search(t.Context(), "6.1"); err != nil || len(refs) != 1 || len(notes) != 1 {
		t.Errorf("one is down: %v, %q, %v", refs, notes, err)
	}
}

func TestSources(t *testing.T) {
	m := newMarket(t, kernel.Lock{})
	m.open(t, kernel.Lock{}.With(one(t, m.catalogue, "ubuntu/22.04")), false)
	server := httptest.NewServer(kerneltest.NewRepository())
	defer server.Close()
	m.ubuntu.mirror, m.mainline.mirror = server.URL+"/dists/x/InRelease", "http://127.0.0.1:9/"
	states := m.catalogue.Sources(t.Context())
	if len(states) != 3 || states[0].Err != nil || states[1].Err != nil || states[2].Err == nil {
		t.Fatalf("got %+v", states)
	}
	if u := states[1]; u.Pinned != 1 || u.Cached != 0 || !slices.Equal(u.Selectors, []string{"ubuntu/22.04", "ubuntu/22.04/aws"}) {
		t.Errorf("got %+v", u)
	}
}

func TestMirrors(t *testing.T) {
	for given, want := range map[string]string{
		"http://a/debian": "http://a/debian", "debian=http://b/debian": "http://b/debian", "": "",
	} {
		urls, err := parseMirrors([]string{given})
		if err != nil || urls[kernel.Debian] != want {
			t.Errorf("%q: got %v, %v", given, urls, err)
		}
	}
	if _, err := parseMirrors([]string{"nosuch=http://a"}); err == nil || !strings.Contains(err.Error(), "debian") {
		t.Errorf("got %v", err)
	}
	t.Setenv("BPFLAB_DEBIAN_MIRROR", "http://c")
	if got := mirrorFor(kernel.Debian, nil); got != "http://c" {
		t.Errorf("got %q", got)
	}
}
