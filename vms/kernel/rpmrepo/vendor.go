package rpmrepo

import (
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/suggest"
)

// vendor describes a distribution.
type vendor struct {
	name    string // of the source
	title   string // for messages
	roots   []string
	builds  string                   // URL of its build system's packages, which has those that have left the roots; "" for none
	moved   func(kernel.File) string // path that a package gets once there are newer ones; nil: it keeps its path
	aliases map[string]string        // selectors that mean one of its tracks: rhel8
	form    *regexp.Regexp           // of tracks; its groups are what find takes
	known   []string                 // tracks for lists and messages
	find    func(groups []string) (release, bool)
}

// release is what a track stands for.
type release struct {
	repositories []repository // in the order of preference, the better last
	images       []string     // packages that may carry the image; of those of one version the first does
	parts        []string     // packages with modules; those that there are belong to the kernel
	required     string       // the one of parts that must be there, or ""
	keys         []string     // files in keys
	signed       bool         // its repomd.xml is signed
	ended        bool         // it gets no more updates, and its keys may have expired since
	flavour      string       // at the end of what uname -r says, in place of the architecture
}

// repository is one of a release. Its path is the same on each of the vendor's roots.
type repository struct {
	name string // in Ref.Suite
	path string
	list bool // path is of a mirror.list, which names the directory
}

// track returns what a track stands for.
func (v vendor) track(name string) (release, bool) {
	groups := v.form.FindStringSubmatch(name)
	if groups == nil {
		return release{}, false
	}
	return v.find(groups)
}

// claim returns the track that a selector names.
func (v vendor) claim(selector string) (track string, ours bool, err error) {
	if track, ok := v.aliases[selector]; ok {
		return track, true, nil
	}
	word, ours := kernel.CutSource(selector, v.name)
	if !ours {
		if word, ours = v.aliasPrefix(selector); !ours {
			return "", false, nil
		}
	}
	if _, ok := v.track(word); !ok {
		return "", true, v.unknown(selector, word)
	}
	return word, true, nil
}

// aliasPrefix finds another name of the whole source: opensuse/15.6.
func (v vendor) aliasPrefix(selector string) (rest string, ok bool) {
	for alias := range v.aliases {
		if strings.HasSuffix(alias, "/") {
			if rest, ok = strings.CutPrefix(selector, alias); ok {
				return rest, true
			}
		}
	}
	return "", false
}

func (v vendor) unknown(selector, word string) error {
	known := make([]string, len(v.known))
	for i, track := range v.known {
		known[i] = kernel.TrackSelector(v.name, track)
	}
	return &kernel.SelectorError{
		Selector: selector, Problem: "names no release of " + v.title + " that is known here",
		Nearest: suggest.Name(kernel.TrackSelector(v.name, word), known), Known: known,
	}
}
