package kernel

import (
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/vms/suggest"
)

// selectorKind says how a selector picks.
type selectorKind int

const (
	bySeries  selectorKind = iota // newest of one series
	byVersion                     // one upstream version
	byRelease                     // one release or package version, exactly
	byRange                       // newest of each series in a range
	byName                        // a local import
	byTrack                       // newest of one track of a source
	latest                        // newest released kernel
	all                           // newest of each series, and every local import
)

// Selector is one parsed selector.
type Selector struct {
	text    string
	kind    selectorKind
	flavour string // "" means Cloud, or Generic where there is no Cloud
	word    string // the selector without flavour and variant; the name for byName, the track for byTrack
	source  string // the only one; "" for a selector that names none
	variant Variant
	version Version
	within  Range
	// optional is a kernel that is left out where it cannot be had.
	optional bool
}

// defaultSelectors is what the selector "default" stands for, besides archivedSelector.
var defaultSelectors = [...]string{"5.10", "6.1", "6.12", "latest"}

// archivedSelector is the kernel of "default" that only Debian's archive has, which not every
// machine reaches.
const archivedSelector = "4.19"

// ParseSelectors reads selectors; each argument may hold several, separated by
// commas. "default" stands for 4.19 where that can be had, 5.10, 6.1, 6.12 and latest. Errors
// are *SelectorError.
func ParseSelectors(args []string) ([]Selector, error) {
	var selectors []Selector
	for _, word := range expand(args) {
		s, err := parseSelector(word.text)
		if err != nil {
			return nil, err
		}
		if s.optional = word.optional; s.optional {
			s.source = Debian
		}
		selectors = append(selectors, s)
	}
	if len(selectors) == 0 {
		return nil, &SelectorError{Problem: "no kernel selected", Known: selectorExamples}
	}
	return selectors, nil
}

// word is the text of one selector.
type word struct {
	text     string
	optional bool
}

// expand splits at commas and replaces "default".
func expand(args []string) []word {
	var words []word
	for _, arg := range args {
		for text := range strings.SplitSeq(arg, ",") {
			text = strings.TrimSpace(text)
			base, _, _ := strings.Cut(text, "+")
			base, _, _ = strings.Cut(base, "/")
			switch {
			case text == "":
			case base == "default":
				words = append(words, defaultWords(text[len("default"):])...)
			default:
				words = append(words, word{text: text})
			}
		}
	}
	return words
}

// defaultWords returns what "default" stands for, with what follows it: a flavour, a variant.
func defaultWords(rest string) []word {
	words := []word{{archivedSelector + rest, true}}
	for _, text := range defaultSelectors {
		words = append(words, word{text: text + rest})
	}
	return words
}

var (
	seriesForm  = regexp.MustCompile(`^\d+\.\d+$`)
	versionOnly = regexp.MustCompile(`^\d+\.\d+(\.\d+|-rc\d+)$`)
	kindForm    = regexp.MustCompile(`^([a-z][a-z0-9+.-]*):(.*)$`)
	// nameForm is what the name of a local import looks like.
	nameForm = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._+-]{0,63}$`)
)

// ValidName reports whether s can be the name of a local import: letters, digits
// and ._+-, at most 64.
func ValidName(s string) bool { return nameForm.MatchString(s) }

func parseSelector(text string) (Selector, error) {
	base, variant, err := CutVariant(text)
	if err == nil {
		err = unknownVariant(base)
	}
	if err != nil {
		return Selector{}, &SelectorError{Selector: text, Problem: "has an unknown variant: " + err.Error()}
	}
	s, err := parseBase(text, base)
	s.variant = variant
	return s, err
}

// unknownVariant returns an error if what follows the last + of a selector can only be meant
// as a variant: it has a value, or is a word after a series or a group of kernels.
func unknownVariant(base string) error {
	i := strings.LastIndexByte(base, '+')
	if i <= 0 {
		return nil
	}
	word, _, flavoured := strings.Cut(base[:i], "/")
	group := flavoured || word == "latest" || word == "all" || seriesForm.MatchString(word) || strings.ContainsAny(word, "<>=")
	if strings.Contains(base[i:], "=") || group && settingForm.MatchString(base[i+1:]) {
		_, err := parseSetting(base[i+1:])
		return err
	}
	return nil
}

// settingForm is what the name of a setting may look like, with its usual mistakes.
var settingForm = regexp.MustCompile(`^[a-z]+[0-9]?$`)

// parseBase reads a selector without its variant. text is all of it.
func parseBase(text, base string) (Selector, error) {
	if m := kindForm.FindStringSubmatch(base); m != nil {
		return parseKind(text, m[1], m[2])
	}
	if namesSource(base) {
		return Selector{text: text, kind: byTrack, word: base}, nil
	}
	plain, explicit := CutSource(base, Debian)
	word, flavour, cut := strings.Cut(plain, "/")
	if cut && flavour != Cloud && flavour != Generic {
		return Selector{}, &SelectorError{text, "has an unknown flavour; there are /cloud and /generic", "", nil}
	}
	s := Selector{text: text, word: word, flavour: flavour}
	if explicit {
		s.source = Debian
	}
	return parseWord(s)
}

func parseKind(text, kind, rest string) (Selector, error) {
	if kind == OCI && rest != "" {
		return Selector{text: text, kind: byTrack, word: OCI + ":" + rest}, nil
	}
	if kind != Local {
		return Selector{}, &SelectorError{text, "is of the unknown kind \"" + kind + ":\"; there are local:NAME and oci:REF", "", nil}
	}
	if !ValidName(rest) {
		return Selector{}, &SelectorError{text, "has no valid name after \"local:\" (letters, digits and ._+-)", "", nil}
	}
	return Selector{text: text, kind: byName, word: rest}, nil
}

func parseWord(s Selector) (Selector, error) {
	var err error
	switch word := s.word; {
	case word == "latest":
		s.kind = latest
	case word == "all":
		s.kind = all
	case strings.ContainsAny(word, "<>="):
		s.kind = byRange
		s.within, err = ParseRange(word)
	case seriesForm.MatchString(word):
		s.kind = bySeries
		s.within, err = ParseRange(word)
	case versionOnly.MatchString(word):
		s.kind = byVersion
		s.version, err = ParseVersion(word)
	default:
		s.kind = byRelease
		s.version, err = ParseVersion(word)
	}
	if err != nil {
		return s, &SelectorError{s.text, "is no kernel selector", suggest.Name(s.word, []string{"latest", "default", "all"}), selectorExamples}
	}
	return s, nil
}

// String returns the selector as it was written.
func (s Selector) String() string { return s.text }

// Base returns the selector without its variant.
func (s Selector) Base() string {
	base, _, _ := CutVariant(s.text)
	return base
}

// IsLocal reports whether only imported kernels can match.
func (s Selector) IsLocal() bool { return s.kind == byName }

// Variant returns in what the kernels are to differ from how they are usually booted.
func (s Selector) Variant() Variant { return s.variant }

// IsAll reports whether s is "all".
func (s Selector) IsAll() bool { return s.kind == all }

// IsOptional reports whether the kernel is to be left out where it cannot be had.
func (s Selector) IsOptional() bool { return s.optional }

// NeedsClaim reports whether s is for a source, but no source has claimed it.
func (s Selector) NeedsClaim() bool { return s.kind == byTrack && s.source == "" }

// Claimed returns s as the selector of a track of a source.
func (s Selector) Claimed(source, track string) Selector {
	s.source, s.word = source, track
	return s
}

// Source returns the only source whose kernels s can match, "" if it names none.
func (s Selector) Source() string { return s.source }

// Sources returns the sources to look in, in that order: the next one only if those
// before it have no match.
func (s Selector) Sources() []string {
	switch {
	case s.source != "":
		return []string{s.source}
	case s.kind == bySeries, s.kind == byVersion, s.kind == byRelease:
		return plainSources[:]
	case s.kind == byName:
		return nil
	}
	return []string{Debian}
}

// Want returns what to ask a source for.
func (s Selector) Want() Want {
	if s.kind == byTrack {
		return Want{Track: s.word}
	}
	return Want{Within: s.Range(), Exact: s.Exact()}
}

// Exact returns the version or the release that s names, which a source may have kept
// although it is none of its newest; "" for other selectors.
func (s Selector) Exact() string {
	if s.kind == byVersion || s.kind == byRelease {
		return s.word
	}
	return ""
}

// Range returns where kernels that match can lie, which is where a source must look.
func (s Selector) Range() Range {
	switch s.kind {
	case bySeries, byRange:
		return s.within
	case byVersion, byRelease:
		r, _ := ParseRange(s.version.Series())
		return r
	case latest:
		return Range{[]bound{{op: ">=", limit: Version{Major: 5}}}} // past all that is archived
	}
	return Range{}
}
