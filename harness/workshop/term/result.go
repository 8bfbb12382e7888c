package term

import (
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/workshop"
)

// result renders a report in lines of at most width columns, and what to do next unless
// it is "". Of the commands' output and of the verifier's log it shows at most most
// lines.
func (th theme) result(r *workshop.Report, next string, width, most int) string {
	p := page{theme: th, width: width}
	p.verdict(r)
	if next != "" {
		p.add(th.good.Render("→")+" ", next)
	}
	for _, problem := range r.Problems {
		p.problem(problem)
	}
	for _, c := range r.Checks {
		p.check(c)
	}
	for _, d := range r.Diagnosis {
		p.add(th.warn.Render("!")+" ", d.Text)
		p.add("  "+th.bold.Render("do")+" ", d.Fix)
	}
	for _, n := range r.Notes {
		p.add(th.dim.Render("note")+" ", n)
	}
	p.listing("output of the commands", r.Output, most)
	if !r.Passed() {
		p.listing("the verifier's log", r.Log, most)
	}
	return strings.TrimRight(p.String(), "\n")
}

// page is a text under construction.
type page struct {
	strings.Builder
	theme theme
	width int
}

// add adds a text from outside behind a label.
func (p *page) add(label, text string) {
	p.WriteString(hanging(label, sanitize(text), p.width) + "\n")
}

// verdict adds the outcome and the time of the check.
func (p *page) verdict(r *workshop.Report) {
	mark, style := "✗ ", p.theme.bad
	if r.Passed() {
		mark, style = "✓ ", p.theme.good
	}
	text := fmt.Sprintf("%s, after %.1f s", outcomeText(r), r.Seconds)
	p.WriteString(style.Render(hanging(mark, sanitize(text), p.width)) + "\n")
}

// outcomeText returns how a check ended, and on which kernel.
func outcomeText(r *workshop.Report) string {
	if r.Stage == workshop.StageBuild {
		return "does not compile"
	}
	if r.Release == "" {
		return verdictText(r) + " on " + r.Kernel
	}
	return verdictText(r) + " on " + r.Release
}

// verdictText returns how a check ended.
func verdictText(r *workshop.Report) string {
	switch {
	case r.Passed():
		return "passed"
	case r.Verdict == verdict.Timeout:
		return "not done in time"
	case r.Verdict == verdict.Unsupported:
		return "not possible"
	case r.Verdict == verdict.Infra:
		return "could not be checked"
	case r.Stage == workshop.StageLoad:
		return "the kernel refused the program"
	case r.Stage == workshop.StageAttach:
		return "could not be attached"
	}
	return "not there yet"
}

// problem adds a problem of the C file.
func (p *page) problem(x workshop.Problem) {
	style := p.theme.bad
	if x.Severity == "warning" {
		style = p.theme.warn
	}
	p.WriteString(style.Render(truncate(sanitize(place(x)), p.width)) + "\n")
	p.add("  ", x.Text)
	if !strings.Contains(x.Text, x.Explanation) {
		p.add("  ", x.Explanation)
	}
	if x.Fix != "" {
		p.add("  "+p.theme.bold.Render("fix")+" ", x.Fix)
	}
}

// place returns the position of a problem as compilers write it, such as
// "hello.bpf.c:12:3: error".
func place(x workshop.Problem) string {
	out := x.File
	if x.Line > 0 {
		out += fmt.Sprintf(":%d", x.Line)
		if x.Column > 0 {
			out += fmt.Sprintf(":%d", x.Column)
		}
	}
	return strings.TrimPrefix(out+": "+x.Severity, ": ")
}

// check adds a check and what was seen.
func (p *page) check(c verdict.Check) {
	if c.Verdict == verdict.Pass {
		p.add(p.theme.good.Render("✓")+" ", c.Expected)
		return
	}
	p.add(p.theme.bad.Render("✗")+" "+p.theme.bold.Render("expected")+" ", c.Expected)
	p.add("  "+p.theme.bold.Render("seen    ")+" ", c.Seen)
}

// listing adds the end of a text, where the most telling lines are.
func (p *page) listing(title, text string, most int) {
	if text = sanitize(text); strings.TrimSpace(text) == "" {
		return
	}
	lines := strings.Split(text, "\n")
	if over := len(lines) - most; over > 0 {
		title += fmt.Sprintf(", without the first %d lines", over)
		lines = lines[over:]
	}
	p.WriteString(p.theme.dim.Render(truncate("── "+title+" ──", p.width)) + "\n")
	p.WriteString(strings.Join(wrapped(strings.Join(lines, "\n"), p.width), "\n") + "\n")
}
