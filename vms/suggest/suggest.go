// Package nearest finds, for a name that is not there, the names that may have been
// meant.
package suggest

import (
	"cmp"
	"slices"
	"strings"

	"github.com/agnivade/levenshtein"
)

// Names are those that become word with the fewest edits, the nearest first, and at most
// so many. An edit is a letter more, less or another one; two neighbours swapped are one,
// too. Those that take more than within edits are left out, and more than twice as many
// as the nearest. Large and small letters are the same.
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
		if edits <= within {
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

// swapped tells of two words that differ by two neighbouring letters only, which have
// changed their places.
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

// Typo is how many edits a name takes that somebody has mistyped, at most.
func Typo(word string) int { return 1 + len(word)/6 }

// Name is the nearest of names, even if it takes half of word's letters to be
// another; "" if all take more.
func Name(word string, names []string) string {
	if near := Names(word, names, len(word)/2, 1); len(near) > 0 {
		return near[0]
	}
	return ""
}
