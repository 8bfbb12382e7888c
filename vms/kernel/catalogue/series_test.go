package catalogue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// lister is a fake source that lists what it is given, by the tracks of each kernel.
type lister struct {
	name string
	refs []kernel.Ref
	asks []kernel.Want
}

func (l *lister) Name() string { return l.name }
func (l *lister) Claim(s string) (string, bool, error) {
	track, ours := kernel.CutSource(s, l.name)
	return track, ours, nil
}
func (l *lister) Tracks() []string { return nil }
func (l *lister) Mirror() string   { return "" }
func (l *lister) Fetch(context.Context, kernel.Ref) ([]string, error) {
	return nil, errors.New("a fake has no files")
}

func (l *lister) List(_ context.Context, want kernel.Want) (refs []kernel.Ref, notes []string, err error) {
	l.asks = append(l.asks, want)
	for _, r := range l.refs {
		exact := want.Track != "" && r.Release == want.Track[strings.LastIndex(want.Track, "/")+1:]
		if exact {
			r.Track = want.Track
		}
		if exact || want.Within.Contains(r.Version) && (want.Track == r.Track || want.Every) {
			refs = append(refs, r)
		}
	}
	return refs, []string{"a note"}, nil
}

// listed makes kernels of a source, "TRACK RELEASE PACKAGEVERSION" each.
func listed(t *testing.T, source, ext string, lines ...string) (refs []kernel.Ref) {
	t.Helper()
	for i, line := range lines {
		words := strings.Fields(line)
		version, err := kernel.ParseVersion(words[2])
		if err != nil {
			t.Fatal(err)
		}
		flavour := kernel.Generic
		if strings.Contains(words[1], "cloud") {
			flavour = kernel.Cloud
		}
		refs = append(refs, kernel.Ref{Source: source, Track: strings.TrimPrefix(words[0], "."), Flavour: flavour, Version: version, Release: words[1],
			Files: []kernel.File{{Package: "linux-image-" + words[1], Version: words[2], Path: "pool/" + words[1] + ext, Size: 1, SHA256: fmt.Sprintf("%064x", i+1)}}})
	}
	return refs
}

func versions(refs []kernel.Ref) string {
	var all []string
	for _, r := range refs {
		all = append(all, r.Package().Version+string(r.Variant))
	}
	return strings.Join(all, " ")
}

func withLister(t *testing.T, l *lister, lock kernel.Lock) *Catalogue {
	t.Helper()
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	c, err := Open(Options{Cache: t.TempDir(), Lock: text, Sources: []kernel.Source{l}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// A series has all packages that the source lists and the pinned one, as dpkg or rpm order
// them.
func TestEvery(t *testing.T) {
	debs := listed(t, kernel.Debian, ".deb", ". 6.1.0-9-cloud-amd64 6.1.99-1", ". 6.1.0-10-cloud-amd64 6.1.100-1", ". 6.1.0-10-amd64 6.1.100-1",
		". 6.1.0-8-cloud-amd64 6.1.99-1~rc1", ". 6.12.1-cloud-amd64 6.12.1-1")
	rpms := listed(t, "rocky", ".rpm", "9 5.14.0-427.el9 5.14.0-427.el9", "9 5.14.0-70.el9 5.14.0-70.el9", "8 4.18.0-1.el8 4.18.0-1.el8")
	pin := listed(t, kernel.Debian, ".deb", ". 6.1.0-7-cloud-amd64 6.1.98-1")[0]
	pin.Files[0].SHA256 = strings.Repeat("f", 64)
	for selector, want := range map[string]string{
		"6.1":            "6.1.98-1 6.1.99-1~rc1 6.1.99-1 6.1.100-1",
		"debian/6.1":     "6.1.98-1 6.1.99-1~rc1 6.1.99-1 6.1.100-1",
		"6.1/generic":    "6.1.100-1",
		"6.12+jit=off":   "6.12.1-1jit=off",
		">=6.1.100 <7.0": "6.1.100-1 6.12.1-1",
		"rocky/9":        "5.14.0-70.el9 5.14.0-427.el9",
	} {
		name, refs := kernel.Debian, debs
		if strings.HasPrefix(selector, "rocky") {
			name, refs = "rocky", rpms
		}
		c := withLister(t, &lister{name: name, refs: refs}, kernel.Lock{Refs: []kernel.Ref{pin}})
		got, notes, err := c.Every(t.Context(), selector)
		if err != nil || versions(got) != want || !slices.Equal(notes, []string{"a note"}) {
			t.Errorf("%s: got %s, %v, %v, want %s", selector, versions(got), notes, err, want)
		}
	}
	c := withLister(t, &lister{name: kernel.Debian, refs: debs}, kernel.Lock{})
	for _, selector := range []string{"default", "all", "local:x", "6.1,6.12", "5.4", "nonsense"} {
		var wrong *kernel.SelectorError
		if _, _, err := c.Every(t.Context(), selector); !errors.As(err, &wrong) {
			t.Errorf("%s: got %v", selector, err)
		}
	}
}

// What lies between two kernels is of their flavour and release, in order, with both ends.
func TestBetween(t *testing.T) {
	for name, tt := range map[string]struct {
		source, ext string
		lines       []string
		a, b        string // releases
		exact       string // before the release, a track that names it alone
		want        string
	}{
		"Debian": {kernel.Debian, ".deb", []string{". 6.1.0-1-cloud-amd64 6.1.1-1", ". 6.1.0-2-cloud-amd64 6.1.2-1", ". 6.1.0-2-amd64 6.1.2-1", ". 6.12.1-cloud-amd64 6.12.1-1", ". 6.12.2-cloud-amd64 6.12.2-1"},
			"6.1.0-1-cloud-amd64", "6.12.1-cloud-amd64", "", "6.1.1-1 6.1.2-1 6.12.1-1"},
		"the newer one first": {kernel.Debian, ".deb", []string{". 6.1.0-1-cloud-amd64 6.1.1-1", ". 6.1.0-2-cloud-amd64 6.1.2-1", ". 6.1.0-3-cloud-amd64 6.1.3-1"},
			"6.1.0-3-cloud-amd64", "6.1.0-1-cloud-amd64", "", "6.1.1-1 6.1.2-1 6.1.3-1"},
		"tracks that name one version": {kernel.Ubuntu, ".deb", []string{"22.04 5.15.0-9-generic 5.15.0-9.9", "22.04 5.15.0-10-generic 5.15.0-10.10", "22.04 5.15.0-11-generic 5.15.0-11.11",
			"20.04/5.15 5.15.0-10-generic~ 5.15.0-10.10~20.04.1", "22.04 5.15.0-12-generic 5.15.0-12.12"},
			"5.15.0-9-generic", "5.15.0-11-generic", "22.04/", "5.15.0-9.9 5.15.0-10.10 5.15.0-11.11"},
		"minor releases": {"rocky", ".rpm", []string{"9.3 5.14.0-362.el9 5.14.0-362.el9", "9.3 5.14.0-70.el9 5.14.0-70.el9", "9.4 5.14.0-427.el9 5.14.0-427.el9", "8.1 5.14.0-400.el8 5.14.0-400.el8"},
			"5.14.0-70.el9", "5.14.0-427.el9", "", "5.14.0-70.el9 5.14.0-362.el9 5.14.0-427.el9"},
		"mainline series": {kernel.Mainline, ".deb", []string{"6.6 6.6.1-060601-generic 6.6.1-060601.1", "6.7 6.7.1-060701-generic 6.7.1-060701.1", "6.8 6.8.1-060801-generic 6.8.1-060801.1"},
			"6.6.1-060601-generic", "6.8.1-060801-generic", "", "6.6.1-060601.1 6.7.1-060701.1 6.8.1-060801.1"},
	} {
		t.Run(name, func(t *testing.T) {
			l := &lister{name: tt.source, refs: listed(t, tt.source, tt.ext, tt.lines...)}
			end := func(release string) kernel.Ref {
				r := l.refs[slices.IndexFunc(l.refs, func(r kernel.Ref) bool { return r.Release == release })]
				if tt.exact != "" {
					r.Track = tt.exact + release
				}
				return r
			}
			got, _, err := withLister(t, l, kernel.Lock{}).Between(t.Context(), end(tt.a), end(tt.b))
			if err != nil || versions(got) != tt.want {
				t.Errorf("got %s, %v, want %s", versions(got), err, tt.want)
			}
		})
	}
}

func TestBetweenRefuses(t *testing.T) {
	refs := listed(t, kernel.Debian, ".deb", ". 6.1.0-1-cloud-amd64 6.1.1-1", ". 6.1.0-2-amd64 6.1.2-1", ". 6.1.0-3-cloud-amd64 6.1.3-1")
	a, b := refs[0], refs[2]
	other, variant, imported := b, b, b
	other.Source, variant.Variant, imported.Source = kernel.Ubuntu, "jit=off", kernel.Local
	c := withLister(t, &lister{name: kernel.Debian, refs: refs}, kernel.Lock{})
	for says, end := range map[string]kernel.Ref{"two sources": other, "flavour": refs[1], "another way": variant, "same package": a, "of no source": imported} {
		x, y := a, end
		if says == "of no source" {
			x, y = end, a
		}
		var wrong *kernel.SelectorError
		if _, _, err := c.Between(t.Context(), x, y); !errors.As(err, &wrong) || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: got %v", says, err)
		}
	}
}
