package features

import (
	_ "embed"
	"io"

	"github.com/bpflab/bpflab/harness/report"
)

//go:embed page.html
var pageText string

var page = report.FilterPage(pageText, nil)

// pageRow is a feature as the page has it.
type pageRow struct {
	Kind, Name, Since, Upstream string
	Cells                       []pageCell
}

type pageCell struct {
	Class, Text, Note string
	Disagrees         bool
}

// HTML writes the report as one page that needs nothing else: the matrix, with a
// filter, and the notes where one points at an answer.
func HTML(w io.Writer, r Report) error {
	notes := map[[3]string]Feature{}
	for _, f := range r.Features {
		notes[[3]string{f.Kind, f.Name, f.Kernel}] = f
	}
	var rows []pageRow
	for _, one := range r.rows() {
		out := pageRow{Kind: one.Kind, Name: one.Name, Since: one.Since, Upstream: one.Upstream}
		for i, state := range one.has {
			f := notes[[3]string{one.Kind, one.Name, r.Kernels[i].Selector}]
			out.Cells = append(out.Cells, pageCell{Class: [...]string{"unsure", "no", "yes", "named"}[state], Text: state.String(), Note: f.Note, Disagrees: f.disagrees()})
		}
		rows = append(rows, out)
	}
	return page.Execute(w, struct {
		Report
		Rows []pageRow
	}{r, rows})
}
