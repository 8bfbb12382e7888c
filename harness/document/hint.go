package document

import (
	"fmt"

	"github.com/bpflab/bpflab/vms/suggest"
)

// DidYouMean returns a hint that names the candidate nearest to word, or all of
// them if none is near.
func DidYouMean(word string, candidates []string) string {
	if near := suggest.Spelling(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "want " + OneOf(candidates)
}

// OneOf joins words as in a sentence: "a, b or c".
func OneOf(words []string) string {
	switch n := len(words); n {
	case 0:
		return "nothing"
	case 1:
		return words[0]
	default:
		out := words[0]
		for _, w := range words[1 : n-1] {
			out += ", " + w
		}
		return out + " or " + words[n-1]
	}
}
