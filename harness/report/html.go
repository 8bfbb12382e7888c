package report

import (
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/url"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// PageOptions say where a page finds and leads to the consoles of a run.
type PageOptions struct {
	Dir     string      // the result directory; "" shows no consoles
	Compare *Comparison // with an earlier run, if there is one
	Href    string      // leads from the page to that directory, ending in /; "" makes no links
}

// HTML writes a result as one page that needs nothing else: no network, and no
// script to be read. Long texts (consoles, logs, splats) share some 108 KiB, so
// that the page stays small; where one is cut, the page says so.
func HTML(w io.Writer, result verdict.Result, o PageOptions) error {
	return pageTemplate.Execute(w, newPage(result, o))
}

//go:embed page.html
var pageHTML string

//go:embed page.css
var pageCSS string

//go:embed page.js
var pageJS string

var pageTemplate = template.Must(template.New("page").Parse(pageHTML))

// page is what the template shows. All text in it is clean.
type page struct {
	CSS      template.CSS
	JS       template.JS
	Policy   string // Content-Security-Policy: this script and no other, no network
	Title    string
	Closing  string
	Facts    []fact
	Warnings []string
	Compare  *pageComparison
	Counts   []count
	Kernels  []pageKernel
	Rows     []pageRow
	Plot     plot
	Pairs    []*pagePair
}

type fact struct{ Key, Value string }

// count is a button of the filter.
type count struct {
	Word, Label string
	N           int
}

type pageKernel struct{ Name, Release, Package string }

// pageComparison is what changed since an earlier run.
type pageComparison struct {
	Title string
	Rows  []comparisonRow
}

// pageRow is a lab of the matrix; Pairs has nil where it did not run.
type pageRow struct {
	Lab   string
	Pairs []*pagePair
}

func newPage(result verdict.Result, o PageOptions) page {
	m := newMatrix(result.Cells)
	p := page{
		CSS: template.CSS(pageCSS), JS: template.JS(pageJS), Policy: policy(),
		Title:   table{}.closing(result),
		Closing: table{}.closing(result),
		Facts:   pageFacts(result),
		Counts:  counts(m),
	}
	for _, warning := range warnings(result) {
		p.Warnings = append(p.Warnings, cleanLine(warning))
	}
	for _, k := range m.kernels {
		kernel := k.example.Kernel
		p.Kernels = append(p.Kernels, pageKernel{cleanLine(k.name), cleanLine(kernel.Release), cleanLine(kernel.Package + " " + kernel.Version)})
	}
	if o.Compare != nil {
		p.Compare = &pageComparison{o.Compare.Title(), o.Compare.rows()}
	}
	texts := &longTexts{}
	p.Pairs = pagePairs(m, o, texts)
	texts.fit(pageTexts)
	p.Rows = pageRows(m, p.Pairs)
	p.Plot = newPlot(p.Pairs)
	return p
}

// policy allows the page its own script, by digest, and nothing that loads.
func policy() string {
	sum := sha256.Sum256([]byte(pageJS))
	return fmt.Sprintf("default-src 'none'; style-src 'unsafe-inline'; img-src data:; script-src 'sha256-%s'",
		base64.StdEncoding.EncodeToString(sum[:]))
}

func pageFacts(result verdict.Result) []fact {
	facts := []fact{{"command", cleanLine(strings.Join(result.Command, " "))}, {"bpflab", cleanLine(result.Tool)}}
	if !result.Started.IsZero() {
		facts = append(facts, fact{"started", result.Started.UTC().Format("2006-01-02 15:04:05 UTC")})
	}
	facts = append(facts, fact{"took", seconds(result.Seconds)})
	if len(result.Cells) > 0 {
		facts = append(facts, fact{"provider", cleanLine(result.Cells[0].Provider)})
	}
	return present(facts)
}

// present returns the facts that have a value.
func present(all []fact) []fact {
	var out []fact
	for _, f := range all {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}

// counts returns the number of runs of each kind. A run that is flaky and failed counts as both.
func counts(m matrix) []count {
	out := []count{{"all", "all", 0}, {"pass", "passed", 0}}
	for _, kind := range endings {
		out = append(out, count{Word: string(kind.verdict), Label: kind.word})
	}
	for _, p := range m.pairs {
		for _, r := range p.runs {
			for i := range out {
				if out[i].Word == "all" || out[i].Word == r.word() || out[i].Word == flakyWord && r.flaky {
					out[i].N++
				}
			}
		}
	}
	return out
}

func pageRows(m matrix, pairs []*pagePair) []pageRow {
	rows := make([]pageRow, len(m.labs))
	index := map[string]int{}
	for i, lab := range m.labs {
		index[lab] = i
		rows[i] = pageRow{cleanLine(lab), make([]*pagePair, len(m.kernels))}
	}
	for i, p := range m.pairs {
		rows[index[p.lab]].Pairs[p.column] = pairs[i]
	}
	return rows
}

// link leads to a file of the result directory, if anything does.
func (o PageOptions) link(path string) string {
	if o.Href == "" || path == "" {
		return ""
	}
	return o.Href + (&url.URL{Path: path}).EscapedPath()
}
