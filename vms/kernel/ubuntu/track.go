package ubuntu

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
)

// flavours of Ubuntu's kernels.
var flavours = []string{kernel.Generic, "lowlatency", "aws", "azure", "gcp", "oracle", "kvm"}

var examples = []string{"ubuntu/22.04", "ubuntu/22.04/aws", "ubuntu/22.04/hwe", "ubuntu/20.04/5.15", "ubuntu/22.04/extra", "ubuntu/22.04/5.15.0-100-generic"}

// track is what of Ubuntu a selector names.
type track struct {
	release release
	flavour string
	series  string // "" means that of the release
	hwe     bool   // the newest series, if it is not that of the release
	extra   bool   // with linux-modules-extra
	exact   string // what uname -r says; "" for the newest
}

var (
	seriesForm = regexp.MustCompile(`^\d+\.\d+$`)
	exactForm  = regexp.MustCompile(`^\d+\.\d+\.\d+-\d+-([a-z]+)$`)
)

// parseTrack reads RELEASE[/FLAVOUR][/hwe | /SERIES | /UNAME][/extra].
func parseTrack(text string) (track, error) {
	words := strings.Split(text, "/")
	r, ok := releaseNamed(words[0])
	if !ok {
		return track{}, errors.New("names no long-term release of Ubuntu")
	}
	t := track{release: r, flavour: kernel.Generic}
	for _, word := range words[1:] {
		if err := t.add(word); err != nil {
			return t, err
		}
	}
	if t.hwe && t.series != "" || t.exact != "" && (t.hwe || t.series != "") {
		return t, errors.New("names more than one series")
	}
	return t, nil
}

func (t *track) add(word string) error {
	exact := exactForm.FindStringSubmatch(word)
	switch {
	case slices.Contains(flavours, word):
		t.flavour = word
	case word == "hwe":
		t.hwe = true
	case word == "extra":
		t.extra = true
	case seriesForm.MatchString(word):
		t.series = word
		if word == t.release.series {
			t.series = ""
		}
	case exact != nil && slices.Contains(flavours, exact[1]):
		t.exact, t.flavour = word, exact[1]
	default:
		return fmt.Errorf("has the part %q, which is no flavour (%s), hwe, extra, series or release of a kernel", word, strings.Join(flavours, ", "))
	}
	return nil
}

// String returns the track in one form for all spellings.
func (t track) String() string {
	words := []string{t.release.version}
	if t.flavour != kernel.Generic && t.exact == "" {
		words = append(words, t.flavour)
	}
	if t.hwe {
		words = append(words, "hwe")
	}
	for _, word := range []string{t.series, t.exact} {
		if word != "" {
			words = append(words, word)
		}
	}
	if t.extra {
		words = append(words, "extra")
	}
	return strings.Join(words, "/")
}

// question is what to look for in the suites of a release: one track, or else the kernels of
// the series that are at home there.
type question struct {
	release release
	track   *track
	every   bool // all flavours and series
}

// questions returns what to ask for, of each release once.
func questions(want kernel.Want) ([]question, error) {
	if want.Track != "" {
		t, err := parseTrack(want.Track)
		return []question{{release: t.release, track: &t}}, err
	}
	var all []question
	for _, r := range releases {
		if slices.ContainsFunc(append([]string{r.series}, r.hwe...), func(series string) bool {
			home, _ := homeOf(series)
			return overlaps(series, want.Within) && (want.Every || home.version == r.version)
		}) {
			all = append(all, question{release: r, every: want.Every})
		}
	}
	return all, nil
}

// filter returns those of the release's kernels that are asked for.
func (q question) filter(refs []kernel.Ref) []kernel.Ref {
	return slices.DeleteFunc(refs, func(r kernel.Ref) bool {
		home, _ := homeOf(r.Series())
		switch t := q.track; {
		case t == nil:
			return !q.every && (r.Flavour != kernel.Generic || home.version != q.release.version)
		case t.exact != "":
			return r.Release != t.exact
		case t.hwe:
			return r.Flavour != t.flavour || r.Series() == q.release.series
		case t.series != "":
			return r.Flavour != t.flavour || r.Series() != t.series
		default:
			return r.Flavour != t.flavour || r.Series() != q.release.series
		}
	})
}

// nameOf returns the track of a kernel that was found.
func (q question) nameOf(flavour, series string) string {
	if q.track != nil {
		return q.track.String()
	}
	t := track{release: q.release, flavour: flavour, series: series}
	if series == q.release.series {
		t.series = ""
	}
	return t.String()
}
