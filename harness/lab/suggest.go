package lab

import (
	"fmt"
	"slices"
)

// nearest is the candidate that word was most likely meant to be, or "".
func nearest(word string, candidates []string) string {
	best, limit := "", 2
	if len(word) < 4 {
		limit = 1
	}
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(word, c); d <= limit && d < len(c) {
			best, limit = c, d-1
		}
	}
	return best
}

// distance counts the letters to insert, delete, replace or swap with their
// neighbour that turn a into b (optimal string alignment). A word longer than
// maxWord is just called far away.
func distance(a, b string) int {
	if len(a) > maxWord || len(b) > maxWord {
		return maxWord
	}
	var before, above []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		before, above, row = above, row, make([]int, len(b)+1)
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			row[j+1] = min(above[j+1]+1, row[j]+1, above[j]+cost)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
	}
	return row[len(b)]
}

const maxWord = 64

// didYouMean is a hint that names the candidate nearest to word, or all of
// them if none is near.
func didYouMean(word string, candidates []string) string {
	if near := nearest(word, candidates); near != "" {
		return fmt.Sprintf("did you mean %q?", near)
	}
	return "want " + oneOf(candidates)
}

// oneOf joins words as a sentence does: "a, b or c".
func oneOf(words []string) string {
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
