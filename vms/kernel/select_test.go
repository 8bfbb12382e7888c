package kernel

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func ref(release, pkgver, flavour string) Ref {
	v, err := ParseVersion(pkgver)
	if err != nil {
		panic(err)
	}
	return Ref{Source: Debian, Suite: "suite", Flavour: flavour, Version: v, Release: release,
		Files: []File{{"linux-image-" + release, pkgver, "pool/" + release, 1, fmt.Sprintf("%x", sha256.Sum256([]byte(release)))}}}
}

func imported(name, version string) Ref {
	v, err := ParseVersion(version)
	if err != nil {
		panic(err)
	}
	return Ref{Source: Local, Name: name, Version: v, Files: []File{{SHA256: name}}}
}

var known = []Ref{
	ref("4.9.0-19-amd64", "4.9.320-2", Generic),
	ref("5.10.0-46-cloud-amd64", "5.10.251-1", Cloud),
	ref("6.1.0-55-cloud-amd64", "6.1.190-1", Cloud),
	ref("6.1.0-56-amd64", "6.1.192-2", Generic),
	ref("6.1.0-56-cloud-amd64", "6.1.192-2", Cloud),
	ref("6.12.115+deb13-cloud-amd64", "6.12.115-1", Cloud),
	ref("6.12.115+deb13.1-cloud-amd64", "6.12.115-2", Cloud),
	ref("7.3.4+deb13-cloud-amd64", "7.3.4-1", Cloud),
	ref("7.4-rc2-cloud-amd64", "7.4~rc2-1~exp1", Cloud),
	imported("old", "4.19.72"),
	imported("mine", "6.1.5"),
}

func names(refs []Ref) string {
	var words []string
	for _, r := range refs {
		word := r.Release
		if r.Source == Local {
			word = r.Label()
		}
		words = append(words, strings.TrimSuffix(word, "-cloud-amd64"))
	}
	return strings.Join(words, " ")
}

func TestResolve(t *testing.T) {
	tests := []struct{ selectors, want string }{
		{"6.1", "6.1.0-56"},
		{"6.1/generic", "6.1.0-56-amd64"},
		{"6.1/cloud", "6.1.0-56"},
		{"4.9", "4.9.0-19-amd64"},
		{"6.12", "6.12.115+deb13.1"},
		{"6.1.190", "6.1.0-55"},
		{"6.1.192/generic", "6.1.0-56-amd64"},
		{"6.1.0-55-cloud-amd64", "6.1.0-55"},
		{"6.1.0-56-amd64", "6.1.0-56-amd64"},
		{"6.12.115-1", "6.12.115+deb13"},
		{"latest", "7.3.4+deb13"},
		{"7.4-rc2", "7.4-rc2"},
		{"7.4", "7.4-rc2"},
		{"default", "5.10.0-46 6.1.0-56 6.12.115+deb13.1 7.3.4+deb13"},
		{">=6.2 <7.4", "6.12.115+deb13.1 7.3.4+deb13"},
		{"<5.10", "4.9.0-19-amd64"},
		{"local:old", "local:old"},
		{"all", "4.9.0-19-amd64 5.10.0-46 6.1.0-56 6.12.115+deb13.1 7.3.4+deb13 7.4-rc2 local:old local:mine"},
		{"6.1,latest, 6.1.192 ,6.1", "6.1.0-56 7.3.4+deb13"},
		{"latest,6.1", "7.3.4+deb13 6.1.0-56"},
	}
	for _, tt := range tests {
		t.Run(tt.selectors, func(t *testing.T) {
			got, err := Resolve([]string{tt.selectors}, known)
			if err != nil {
				t.Fatal(err)
			}
			if names(got) != tt.want {
				t.Errorf("got %q, want %q", names(got), tt.want)
			}
		})
	}
}

func TestResolveKeepsTheSelector(t *testing.T) {
	got, err := Resolve([]string{"6.1", "default"}, known)
	if err != nil {
		t.Fatal(err)
	}
	var selectors []string
	for _, r := range got {
		selectors = append(selectors, r.Selector)
	}
	if want := []string{"6.1", "5.10", "6.12", "latest"}; !slices.Equal(selectors, want) {
		t.Errorf("got %q, want %q", selectors, want)
	}
}

func TestResolveErrors(t *testing.T) {
	tests := []struct{ selector, nearest, mentions string }{
		{"6.3", "6.1", "matches no kernel"},
		{"5.9", "5.10", "4.9/generic, 5.10, 6.1"},
		{"6.1.191", "6.1", "matches no kernel"},
		{">=8.0", "7.4", "matches no kernel"},
		{"nope", "", "no kernel selector"},
		{"latst", "latest", "no kernel selector"},
		{"defualt", "default", "no kernel selector"},
		{"local:odl", "local:old", "not imported"},
		{"local:", "", "no valid name"},
		{"local:../x", "", "no valid name"},
		{"oci:registry.example/x", "", "no source"},
		{"oci:", "", "unknown kind"},
		{"mainlin/6.6", "", "no source"},
		{"debian/6.1/rt", "", "flavour"},
		{"6.1/realtime", "", "flavour"},
		{"6.1/", "", "flavour"},
		{">=6.0 <5.8", "", "no kernel selector"},
		{"", "", "no kernel selected"},
		{" , ", "", "no kernel selected"},
	}
	for _, tt := range tests {
		t.Run(tt.selector, func(t *testing.T) {
			got, err := Resolve([]string{tt.selector}, known)
			var wrong *SelectorError
			if !errors.As(err, &wrong) {
				t.Fatalf("got %v, %v; want a SelectorError", names(got), err)
			}
			if wrong.Nearest != tt.nearest || !strings.Contains(err.Error(), tt.mentions) {
				t.Errorf("nearest %q, want %q; %q should mention %q", wrong.Nearest, tt.nearest, err, tt.mentions)
			}
		})
	}
}

// Of several sources the first that has a match is taken; a track is found by its selector.
func TestResolveAmongSources(t *testing.T) {
	of := func(r Ref, source, track string) Ref {
		r.Source, r.Track = source, track
		return r
	}
	refs := append(slices.Clone(known),
		of(ref("6.1.0-9-generic", "6.1.999-9", Generic), Ubuntu, "22.04/hwe"),
		of(ref("5.15.0-9-generic", "5.15.0-9.9", Generic), Ubuntu, "22.04"),
		of(ref("5.15.0-8-generic", "5.15.0-8.8", Generic), Ubuntu, "22.04"),
		of(ref("5.15.160-generic", "5.15.160-1", Generic), Mainline, "5.15"),
		of(ref("6.1.100-amzn", "6.1.999-1", ""), "amazon", "2023"))
	for selectors, want := range map[string]string{
		"6.1": "6.1.0-56", "5.15": "5.15.0-8-generic", "5.15.160": "5.15.160-generic", "5.15.0-9-generic": "5.15.0-9-generic",
		"debian/6.1": "6.1.0-56", "debian/6.1/generic": "6.1.0-56-amd64", ">=5.11 <6.2": "6.1.0-56",
	} {
		got, err := Resolve([]string{selectors}, refs)
		if err != nil || names(got) != want {
			t.Errorf("%s: got %q, %v; want %q", selectors, names(got), err, want)
		}
	}
	track, err := ParseSelectors([]string{"ubuntu/22.04/hwe"})
	if err != nil || !track[0].NeedsClaim() {
		t.Fatal(track, err)
	}
	if got, err := Select(track[0].Claimed(Ubuntu, "22.04/hwe"), refs); err != nil || names(got) != "6.1.0-9-generic" || got[0].Label() != "ubuntu/22.04/hwe" {
		t.Errorf("got %q, %v", names(got), err)
	}
	if got, err := Resolve([]string{"all"}, refs); err != nil || !strings.HasSuffix(names(got), "5.15.0-8-generic 5.15.160-generic 6.1.0-9-generic 6.1.100-amzn local:old local:mine") {
		t.Errorf("all: got %q, %v", names(got), err)
	}
}

func TestSelectorRange(t *testing.T) {
	tests := map[string]string{"6.1": "6.1", "6.1.190": "6.1", "6.1.0-55-amd64": "6.1", ">=5.10 <6.0": ">=5.10 <6.0", "latest": ">=5.0", "all": ""}
	for text, want := range tests {
		s, err := ParseSelectors([]string{text})
		if err != nil || s[0].Range().String() != want {
			t.Errorf("%s looks in %q, %v; want %q", text, s[0].Range(), err, want)
		}
	}
}
