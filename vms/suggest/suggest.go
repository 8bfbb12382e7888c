// Package suggest finds, for a name that does not exist, the names that may have been
// meant.
package suggest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Names returns the names that become word with the fewest edits, the nearest first, and
// at most so many. An edit is a letter more, less or another one; two neighbours swapped
// count as one. Names that take more than within edits are left out, and so are those that
// take twice as many as the nearest, or as many as they have letters. Case does not count.
func Names(word string, names []string, within, most int) []string {
	type found struct {
		name  string
		edits int
	}
	var near []found
	word = strings.ToLower(word)
	for _, name := range names {
		if longer := len(name) - len(word); max(longer, -longer) > within {
			continue // each letter more or less is an edit
		}
		edits := levenshtein.ComputeDistance(word, strings.ToLower(name))
		if swapped(word, strings.ToLower(name)) {
			edits = 1
		}
		if edits <= within && edits < len(name) {
			near = append(near, found{name, edits})
		}
	}
	slices.SortStableFunc(near, func(a, b found) int { return cmp.Compare(a.edits, b.edits) })
	out := make([]string, 0, most)
	for _, f := range near[:min(len(near), most)] {
		if f.edits <= 2*near[0].edits {
			out = append(out, f.name)
		}
	}
	return out
}

// swapped reports whether two words differ only in that two neighbouring letters have
// changed places.
func swapped(a, b string) bool {
	if len(a) != len(b) {
		return false
	}
	for i := 0; i+1 < len(a); i++ {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// Typo returns how many edits a mistyped name takes at most.
func Typo(word string) int {
	if len(word) < 4 {
		return 1
	}
	return max(2, 1+len(word)/6)
}

// Spelling returns the name that word misspells, or "".
func Spelling(word string, names []string) string { return first(Names(word, names, Typo(word), 1)) }

// Name returns the nearest of names, even if half of word's letters differ, or "".
func Name(word string, names []string) string { return first(Names(word, names, len(word)/2, 1)) }

func first(names []string) string {
	if len(names) == 0 {
		return ""
	}
	return names[0]
}
