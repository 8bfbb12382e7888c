package lab

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/hashicorp/go-multierror"
)

// Error is one mistake in a lab document.
type Error struct {
	File   string
	Line   int // 1-based, in the Markdown document
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

// place is a position in a document.
type place struct{ line, column int }

// problems collects the mistakes of one document.
type problems struct {
	file string
	list []*Error
}

func (p *problems) add(at place, hint, format string, args ...any) {
	p.list = append(p.list, &Error{p.file, at.line, at.column, fmt.Sprintf(format, args...), hint})
}

// reported reports whether there is a mistake at this very place.
func (p *problems) reported(at place) bool {
	return slices.ContainsFunc(p.list, func(e *Error) bool { return e.Line == at.line && e.Column == at.column })
}

// err returns all mistakes sorted by position, nil if there are none.
func (p *problems) err() error {
	if len(p.list) == 0 {
		return nil
	}
	slices.SortStableFunc(p.list, func(a, b *Error) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Column, b.Column))
	})
	var all *multierror.Error
	for _, e := range p.list {
		all = joined(all, e)
	}
	return all
}

// joined adds err, and with it all errors of a multierror, to all.
func joined(all *multierror.Error, err error) *multierror.Error {
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
