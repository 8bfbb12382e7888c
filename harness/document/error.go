package document

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Error is one mistake in a document.
type Error struct {
	File   string
	Line   int // 1-based, in the file
	Column int // 1-based, in characters
	Msg    string
	Hint   string // what to do, or ""
}

func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Msg)
	if e.Hint != "" {
		s += "; " + e.Hint
	}
	return s
}

// Place is a position in a document.
type Place struct {
	Line   int
	Column int
}

// At returns a place.
func At(line, column int) Place { return Place{line, column} }

// Problems collects the mistakes of one document.
type Problems struct {
	File string // as messages name it
	list []*Error
}

// Add adds a mistake; hint says what to do, or is "".
func (p *Problems) Add(at Place, hint, format string, args ...any) {
	p.list = append(p.list, &Error{p.File, at.Line, at.Column, fmt.Sprintf(format, args...), hint})
}

// Reported reports whether there is a mistake at this very place.
func (p *Problems) Reported(at Place) bool {
	return slices.ContainsFunc(p.list, func(e *Error) bool { return e.Line == at.Line && e.Column == at.Column })
}

// Err returns all mistakes sorted by position, nil if there are none.
func (p *Problems) Err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var all *multierror.Error
	for _, e := range p.list {
		all = Joined(all, e)
	}
	return all
}

// Joined adds err, and with it all errors of a multierror, to all.
func Joined(all *multierror.Error, err error) *multierror.Error {
	all = multierror.Append(all, err)
	all.ErrorFormat = oneALine
	return all
}

func oneALine(errs []error) string {
	lines := make([]string, len(errs))
	for i, e := range errs {
		lines[i] = e.Error()
	}
	return strings.Join(lines, "\n")
}
