package lab

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/document"
)

// places holds where the values of a document stand.
type places struct {
	file   string // as messages name it
	header map[string]document.Place
	steps  []map[string]document.Place
}

// Mistake returns a mistake that shows only beside the lab's objects, at the value with a
// path such as "checks[0].map.name" in the comment of the step with an index, or in the
// front matter if the index is -1. words are those that may have been meant.
func (l *Lab) Mistake(step int, path, word string, words []string, format string, args ...any) *Error {
	all := l.places.header
	if step >= 0 && step < len(l.places.steps) {
		all = l.places.steps[step]
	}
	at, ok := all[path]
	if !ok {
		at = all[""]
	}
	return &Error{File: l.places.file, Line: at.Line, Column: at.Column, Msg: fmt.Sprintf(format, args...), Hint: document.DidYouMean(word, words)}
}
