package verify

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"

	"github.com/bpflab/bpflab/harness/report"
)

//go:embed page.html
var pageText string

var page = report.FilterPage(pageText, template.FuncMap{
	"word":    Result.word,
	"mark":    Result.mark,
	"short":   Result.short,
	"ms":      func(r Result) string { return fmt.Sprintf("%.1f", r.Load*1000) },
	"steps":   func() []int { return []int{1, 2, 3, 4, 5, 6, 7, 8, 9} },
	"percent": func(heat int) int { return 8 * heat },
})

// pageRow is an object's totals.
type pageRow struct {
	Object string
	Cells  []string
}

// pageReason is a reason with all programs that have it.
type pageReason struct {
	Result
	Title string
	Lines []string
	Since string
	Words []string // the end of the verifier's log
}

// HTML writes the report as one page that needs nothing else: totals, a line for each
// result, with a filter, the reasons, and where the verifier's work goes if that was counted.
func HTML(w io.Writer, r Report) error {
	t := r.total()
	rows := []pageRow{}
	for _, object := range t.objects {
		rows = append(rows, pageRow{object, t.row(object)})
	}
	var reasons []pageReason
	for _, group := range rejections(r.Results) {
		one := pageReason{Result: group.Result, Title: group.title(), Lines: group.lines(), Words: group.end}
		if group.Reason.Since != nil {
			one.Since = group.Reason.sinceName()
		}
		reasons = append(reasons, one)
	}
	return page.Execute(w, struct {
		Report
		Closing           string
		Kernels, Frequent []string
		Rows              []pageRow
		Settings          []string
		PresetRows        []presetRow
		FailsFirst        string
		Reasons           []pageReason
		Differs, Prepared []string
		Profiles          []pageProfile
		Expects           bool
	}{r, r.closing(), r.kernelTitles(), r.frequent(), rows, r.settings(), r.presetRows(), r.failsFirst(), reasons, r.Differences(), r.preparations(), pageProfiles(r.Results), r.expects()})
}
