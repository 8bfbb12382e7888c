package kernel

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Range is a set of kernel versions: bounds that must all hold. The zero Range contains
// every version.
//
// A bound of two numbers means a whole series: "6.1" and "<=6.1" contain 6.1.192, ">6.1"
// does not. A release candidate counts as its release, because it already has that
// release's features.
type Range struct {
	bounds []bound
}

// bound is one comparison; exact is true if the patch number was given.
type bound struct {
	op    string
	limit Version
	exact bool
}

var boundForm = regexp.MustCompile(`^(<=|>=|<|>|=|)(\d{1,4})\.(\d{1,5})(?:\.(\d{1,6}))?$`)

// operatorGap finds a space between an operator and its version: ">= 5.8".
var operatorGap = regexp.MustCompile(`([<>=])\s+`)

// ParseRange reads bounds separated by spaces or commas: "<5.2",
// ">=5.8 <6.0", "6.1", "". Operators are <, <=, >, >= and =, which is what no
// operator means. A range that no version can be in is an error.
func ParseRange(s string) (Range, error) {
	joined := operatorGap.ReplaceAllString(strings.ReplaceAll(s, ",", " "), "$1")
	var r Range
	for _, word := range strings.Fields(joined) {
		b, err := parseBound(word)
		if err != nil {
			return Range{}, err
		}
		r.bounds = append(r.bounds, b)
	}
	if r.empty() {
		return Range{}, fmt.Errorf("no kernel version can be in the range %q", s)
	}
	return r, nil
}

func parseBound(word string) (bound, error) {
	m := boundForm.FindStringSubmatch(word)
	if m == nil {
		return bound{}, fmt.Errorf("%q is no kernel range: want for example 6.1, <5.2, >=5.8 or \">=5.8 <6.0\"", word)
	}
	op := cmp.Or(m[1], "=")
	return bound{op, Version{Major: number(m[2]), Minor: number(m[3]), Patch: number(m[4])}, m[4] != ""}, nil
}

// Contains reports whether v satisfies every bound.
func (r Range) Contains(v Version) bool {
	for _, b := range r.bounds {
		if !b.holds(v) {
			return false
		}
	}
	return true
}

// IsZero reports whether r has no bound, and so holds every version.
func (r Range) IsZero() bool { return len(r.bounds) == 0 }

// String writes the bounds separated by spaces; ParseRange reads it back.
func (r Range) String() string {
	words := make([]string, len(r.bounds))
	for i, b := range r.bounds {
		words[i] = b.String()
	}
	return strings.Join(words, " ")
}

// MarshalText writes r as String does.
func (r Range) MarshalText() ([]byte, error) { return []byte(r.String()), nil }

// UnmarshalText reads what ParseRange reads.
func (r *Range) UnmarshalText(text []byte) (err error) {
	*r, err = ParseRange(string(text))
	return err
}

// empty tries the versions next to the bounds: only there can membership
// change, so if all of them are outside, everything is.
func (r Range) empty() bool {
	candidates := []Version{{}}
	for _, b := range r.bounds {
		l := b.limit
		candidates = append(candidates, l,
			Version{Major: l.Major, Minor: l.Minor, Patch: l.Patch + 1},
			Version{Major: l.Major, Minor: l.Minor + 1})
	}
	for _, v := range candidates {
		if r.Contains(v) {
			return false
		}
	}
	return true
}

func (b bound) holds(v Version) bool {
	c := b.compare(v)
	switch b.op {
	case "<":
		return c < 0
	case "<=":
		return c <= 0
	case ">":
		return c > 0
	case ">=":
		return c >= 0
	default:
		return c == 0
	}
}

// compare ignores candidates, and the patch number where none was given.
func (b bound) compare(v Version) int {
	v.RC = 0
	if !b.exact {
		v.Patch = 0
	}
	return v.Compare(b.limit)
}

func (b bound) String() string {
	op := b.op
	if op == "=" {
		op = ""
	}
	s := op + b.limit.Series()
	if b.exact {
		s += fmt.Sprintf(".%d", b.limit.Patch)
	}
	return s
}

// Overlaps reports whether a version can be in both ranges.
func (r Range) Overlaps(s Range) bool {
	return !Range{slices.Concat(r.bounds, s.bounds)}.empty()
}
