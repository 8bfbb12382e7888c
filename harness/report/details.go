package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

const (
	logLines   = 15 // last lines of a step's log that are shown
	splatLines = 30 // first lines of a kernel's splat that are shown
)

// details returns the end of a run's display: warnings, each cell that did not end
// as expected or needed more than one attempt, and the closing line.
func (t table) details(result verdict.Result, width int) string {
	var out []string
	for _, warning := range warnings(result) {
		out = append(out, "warning: "+cleanLine(warning))
	}
	for index, cell := range result.Cells {
		switch {
		case failed(cell.Verdict):
			out = append(out, "")
			out = append(out, t.failure(index, cell, width)...)
		case len(cell.Attempts) > 1:
			out = append(out, "")
			out = append(out, t.retried(index, cell)...)
		}
	}
	out = append(out, t.disagreements(result)...)
	out = append(out, t.runTimes(result)...)
	out = append(out, "")
	for _, h := range hypervisors(result) {
		out = append(out, t.dim("machines: "+h))
	}
	out = append(out, t.closing(result))
	return strings.Join(out, "\n") + "\n"
}

// runTimes returns how long programs ran, a line for each step of which that was counted.
func (t table) runTimes(result verdict.Result) (out []string) {
	for index, cell := range result.Cells {
		for _, step := range cell.Steps {
			line := verdict.RunTimeLine(step.RunTimes)
			if line == "" {
				continue
			}
			if out == nil {
				out = append(out, "")
			}
			lab, kernel := t.names(index, cell)
			where := fmt.Sprintf("%s on %s", lab, kernel)
			if len(cell.Steps) > 1 {
				where += ", step " + cleanLine(step.Name)
			}
			out = append(out, where+": "+cleanLine(line))
		}
	}
	return out
}

// warnings returns the warnings of all cells, each text once.
func warnings(result verdict.Result) []string {
	var out []string
	for _, cell := range result.Cells {
		for _, warning := range cell.Warnings {
			if !slices.Contains(out, warning) {
				out = append(out, warning)
			}
		}
	}
	return out
}

func (t table) failure(index int, cell verdict.Cell, width int) []string {
	lab, kernel := t.names(index, cell)
	head := strings.ToUpper(string(cell.Verdict))
	out := []string{t.verdict(cell.Verdict, head) + "  " + t.bold(fmt.Sprintf("%s on %s", lab, kernel))}
	out = append(out, indent("  ", lines(clean(cell.Reason)))...)
	for _, step := range cell.Steps {
		if failed(step.Verdict) {
			out = append(out, t.step(step, width)...)
		}
	}
	out = append(out, t.excerpt("the kernel's last words", splatLines, lines(clean(cell.Splat)), true)...)
	out = append(out, earlier(cell.Attempts)...)
	if cell.Console != "" {
		out = append(out, "  console  "+cleanLine(cell.Console))
	}
	return out
}

// failed reports whether a step or a check has something to explain.
func failed(v verdict.Verdict) bool {
	return v != verdict.Pass && v != verdict.Unsupported && v != ""
}

func (t table) step(step verdict.Step, width int) []string {
	out := []string{fmt.Sprintf("  step %s: %s after %s", cleanLine(step.Name), step.Verdict, seconds(step.Seconds))}
	for _, check := range failedChecks(step) {
		out = append(out, indent("    ", t.check(check, width-4))...)
	}
	return append(out, t.excerpt("log", logLines, lines(clean(step.Log)), false)...)
}

// failedChecks returns a step's checks to explain; a step without any stands for
// itself.
func failedChecks(step verdict.Step) []verdict.Check {
	var out []verdict.Check
	for _, check := range step.Checks {
		if failed(check.Verdict) {
			out = append(out, check)
		}
	}
	if len(out) == 0 && step.Expected+step.Seen != "" {
		out = append(out, verdict.Check{Expected: step.Expected, Seen: step.Seen})
	}
	return out
}

// check renders what was expected and what was seen, side by side.
func (t table) check(check verdict.Check, width int) []string {
	var out []string
	if title := checkTitle(check); title != "" {
		out = append(out, t.bold(title))
	}
	left, right := sideBySide(clean(check.Expected), clean(check.Seen), width)
	out = append(out, t.dim(pad("expected", columnOf(left)))+"  "+t.dim("seen"))
	for i := range left {
		out = append(out, strings.TrimRight(left[i]+"  "+right[i], " "))
	}
	return out
}

func checkTitle(check verdict.Check) string {
	title := cleanLine(check.Kind)
	if check.When != "" {
		title += fmt.Sprintf(" (on kernels %s)", cleanLine(check.When))
	}
	return title
}

// excerpt returns a titled block of the first or the last n lines.
func (t table) excerpt(title string, n int, all []string, first bool) []string {
	if len(all) == 0 {
		return nil
	}
	shown := all[max(0, len(all)-n):]
	if first {
		shown = all[:min(n, len(all))]
	}
	if len(shown) < len(all) {
		title = fmt.Sprintf("%s (%d of %d lines)", title, len(shown), len(all))
	}
	return append([]string{"  " + t.bold(title)}, indent("    | ", shown)...)
}

// retried describes a cell that ended as expected, but not at the first attempt.
func (t table) retried(index int, cell verdict.Cell) []string {
	lab, kernel := t.names(index, cell)
	final := fmt.Sprintf("  attempt %d%s: %s", len(cell.Attempts), on(cell.Where)+with(last(cell.Attempts)), cell.Verdict)
	head := t.dim("RETRIED")
	if cell.PassedLate() {
		head = t.verdict(flakyWord, "FLAKY")
	}
	head += "  " + t.bold(fmt.Sprintf("%s on %s", lab, kernel))
	return append(append([]string{head}, earlier(cell.Attempts)...), final)
}

// disagreements returns the labs on kernels whose runs ended differently.
func (t table) disagreements(result verdict.Result) []string {
	var out []string
	m := newMatrix(result.Cells)
	for _, p := range m.pairs {
		if p.disagree() {
			name := fmt.Sprintf("%s on %s", cleanLine(p.lab), cleanLine(m.kernels[p.column].name))
			out = append(out, "", t.verdict(flakyWord, "FLAKY")+"  "+t.bold(name), "  its runs disagree: "+p.tally())
		}
	}
	return out
}

// on returns " on member2", or nothing for this host.
func on(where string) string {
	if where == "" {
		return ""
	}
	return " on " + cleanLine(where)
}

// with returns " with kvm", or nothing where that is not known.
func with(attempt verdict.Attempt) string {
	if attempt.Accelerator == "" {
		return ""
	}
	return " with " + cleanLine(attempt.Accelerator)
}

func last(attempts []verdict.Attempt) verdict.Attempt { return attempts[len(attempts)-1] }

// hypervisors returns what ran the machines of all cells, each text once.
func hypervisors(result verdict.Result) []string {
	var out []string
	for _, cell := range result.Cells {
		if h := cell.Hypervisor; h != nil && !slices.Contains(out, cleanLine(h.String())) {
			out = append(out, cleanLine(h.String()))
		}
	}
	return out
}

// earlier describes the attempts before the last one.
func earlier(attempts []verdict.Attempt) []string {
	var out []string
	for i, attempt := range attempts[:max(0, len(attempts)-1)] {
		line := fmt.Sprintf("  attempt %d%s: %s: %s", i+1, on(attempt.Where)+with(attempt), attempt.Verdict, firstLine(attempt.Reason))
		if attempt.Console != "" {
			line += " (" + cleanLine(attempt.Console) + ")"
		}
		out = append(out, line)
	}
	return out
}

func indent(by string, all []string) []string {
	out := make([]string, len(all))
	for i, line := range all {
		out[i] = by + line
	}
	return out
}
