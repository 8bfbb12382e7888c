package report

import (
	"encoding/json"
	"io"
	"slices"

	"github.com/bpflab/bpflab/harness/verdict"
)

// JSON writes a result as docs/results.md describes it. Lists that are empty
// are written as [], never as null.
func JSON(w io.Writer, result verdict.Result) error {
	return WriteJSON(w, withLists(result))
}

// WriteJSON writes v as every JSON of bpflab is written: indented, and without escapes
// for HTML.
func WriteJSON(w io.Writer, v any) error {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(v)
}

// withLists returns result with empty lists in place of absent ones.
func withLists(result verdict.Result) verdict.Result {
	result.Cells = slices.Clone(orEmpty(result.Cells))
	for i := range result.Cells {
		cell := &result.Cells[i]
		cell.Attempts = orEmpty(cell.Attempts)
		cell.Steps = orEmpty(cell.Steps)
	}
	return result
}

func orEmpty[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}
