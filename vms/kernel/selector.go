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
	arch    Arch   // "" means the usual one, or that of an import, an image or a kernel of this host
	word    string // the selector without flavour, architecture and variant; the name for byName, the track for byTrack
	source  string // the only one; "" for a selector that names none
	variant Variant
	version Version
	within  Range
	// optional is a kernel that is left out where it cannot be had.
	optional bool
	// perhaps is a kernel that is left out where there is none for the architecture.
	perhaps bool
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
		s.perhaps = word.group && s.Arch() != ""
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
	group    bool // it is one of those that another word stands for
}

// AllArch is the word for all architectures, in selectors and for --arch.
const AllArch = "all-arch"

// expand splits at commas and replaces "default" and "/all-arch".
func expand(args []string) []word {
	var words []word
	for _, arg := range args {
		for text := range strings.SplitSeq(arg, ",") {
			if text = strings.TrimSpace(text); text != "" {
				words = append(words, everyArch(text)...)
			}
		}
	}
	return words
}

// everyArch returns the words that a text stands for.
func everyArch(text string) []word {
	base, variant, _ := strings.Cut(text, "+")
	before, after, found := strings.Cut(base+"/", "/"+AllArch+"/")
	if !found || strings.HasPrefix(text, OCI+":") {
		return defaultWords(text)
	}
	var words []word
	for _, arch := range Arches() {
		one := strings.TrimSuffix(before+selectorSuffix(arch)+"/"+after, "/")
		if variant != "" {
			one += "+" + variant
		}
		for _, w := range defaultWords(one) {
			w.group = true
			words = append(words, w)
		}
	}
	return words
}

// defaultWords returns what "default" stands for, each with what follows it (a flavour, an
// architecture, a variant); another text is one word.
func defaultWords(text string) []word {
	base, _, _ := strings.Cut(text, "+")
	base, _, _ = strings.Cut(base, "/")
	if base != "default" {
		return []word{{text: text}}
	}
	rest := text[len("default"):]
	words := []word{{text: archivedSelector + rest, optional: true}}
	for _, text := range defaultSelectors {
		words = append(words, word{text: text + rest, group: true})
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
	base, arch, err := cutArch(text, base)
	if err != nil {
		return Selector{}, err
	}
	s, err := parseKernels(text, base)
	if s.arch == "" || arch != "" {
		s.arch = arch
	}
	return s, err
}

// parseKernels reads a selector without its architecture.
func parseKernels(text, base string) (Selector, error) {
	if m := kindForm.FindStringSubmatch(base); m != nil {
		return parseKind(text, m[1], m[2])
	}
	if namesSource(base) {
		return Selector{text: text, kind: byTrack, word: base}, nil
	}
	plain, explicit := CutSource(base, Debian)
	word, flavour, cut := strings.Cut(plain, "/")
	if cut && flavour != Cloud && flavour != Generic {
		return Selector{}, unknownPart(text, flavour)
	}
	word, err := plainVersions(text, word)
	if err != nil {
		return Selector{}, err
	}
	s := Selector{text: text, word: word, flavour: flavour}
	if explicit {
		s.source = Debian
	}
	return parseWord(s)
}

// unknownPart returns the error for what follows a series and is neither a flavour nor an
// architecture.
func unknownPart(text, part string) error {
	words := []string{Cloud, Generic, AllArch}
	for _, a := range Arches() {
		words = append(words, string(a))
	}
	e := &SelectorError{Selector: text, Problem: "has an unknown flavour or architecture; there are /" + strings.Join(words, ", /")}
	if near := suggest.Name(part, words); near != "" {
		e.Nearest = strings.Replace(text, "/"+part, "/"+near, 1)
	}
	return e
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
		s.arch = archOfRelease(word)
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

// Plain returns the selector without its variant and architecture, as sources claim it.
func (s Selector) Plain() string {
	plain, _, err := cutArch(s.text, s.Base())
	if err != nil {
		return s.Base()
	}
	return plain
}

// IsLocal reports whether only imported kernels can match.
func (s Selector) IsLocal() bool { return s.kind == byName }

// Variant returns in what the kernels are to differ from how they are usually booted.
func (s Selector) Variant() Variant { return s.variant }

// IsAll reports whether s is "all".
func (s Selector) IsAll() bool { return s.kind == all }

// IsOptional reports whether the kernel is to be left out where it cannot be had.
func (s Selector) IsOptional() bool { return s.optional }

// Arch returns the architecture of the kernels that s can match, "" for AMD64; and for an
// import, an image of a container or a kernel of this host, "" for that which it has.
func (s Selector) Arch() Arch {
	if s.arch == "" && !s.hasOwnArch() {
		return usualArch.OrZero()
	}
	return s.arch.OrZero()
}

// NamesArch reports whether s says of which architecture the kernels are, or names a kernel
// that has one.
func (s Selector) NamesArch() bool { return s.arch != "" || s.hasOwnArch() }

// hasOwnArch reports whether s names a kernel whose file shows its architecture.
func (s Selector) hasOwnArch() bool {
	return s.kind == byName || s.kind == byTrack && (strings.HasPrefix(s.word, OCI+":") || s.source == OCI || s.source == Host || strings.HasPrefix(s.word, Host+"/"))
}

// admits reports whether a kernel is of the architecture of s.
func (s Selector) admits(r Ref) bool {
	return s.arch == "" && s.hasOwnArch() || r.Arch.Is(s.Arch())
}

// Perhaps reports whether the kernel is to be left out where there is none for its
// architecture: s is one of several that a word of the user's stands for.
func (s Selector) Perhaps() bool { return s.perhaps }

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
	case s.Arch() != "" && s.kind != byName: // others have no kernels of other architectures yet
		return []string{Debian}
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
		return Want{Track: s.word, Arch: s.Arch()}
	}
	return Want{Within: s.Range(), Exact: s.Exact(), Arch: s.Arch()}
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
