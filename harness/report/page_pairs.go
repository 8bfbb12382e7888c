package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// pagePair is a lab on a kernel, as the page has it.
type pagePair struct {
	ID, Lab, Kernel string
	Word, Mark      string // the verdict, or "flaky"; and a number to go with it
	Words           string // what the filter finds it by
	Search          string
	Reason          string
	Runs            []pageRun
}

// Open reports whether a pair has something to explain.
func (p *pagePair) Open() bool {
	return p.Word != string(verdict.Pass) && p.Word != string(verdict.Unsupported)
}

type pageRun struct {
	Name      string // "run 2 of 3"; empty for an only one
	Word      string
	Verdict   string
	Reason    string
	Facts     []fact
	Steps     []pageStep
	Attempts  []pageAttempt
	Splat     *longText
	Warnings  []string
	durations verdict.Durations
}

type pageStep struct {
	Name, Verdict, Seconds string
	Open                   bool
	Checks                 []pageCheck
	Notes                  []string
	Log                    *longText
}

type pageCheck struct{ Title, Verdict, Expected, Seen string }

type pageAttempt struct {
	Name, Verdict, Reason, Durations string
	Path, Link                       string // of its console
	Console                          *longText
}

func pagePairs(m matrix, o PageOptions, texts *longTexts) []*pagePair {
	var out []*pagePair
	taken := map[string]bool{}
	for _, p := range m.pairs {
		kernel := m.kernels[p.column]
		pair := &pagePair{
			ID: fragment(taken, p.lab, kernel.name), Lab: cleanLine(p.lab), Kernel: cleanLine(kernel.name),
			Word: p.word(), Mark: p.mark(), Words: p.words(), Reason: p.reason(),
			Search: strings.ToLower(cleanLine(strings.Join([]string{p.lab, kernel.name, kernel.example.Kernel.Release, kernel.example.Kernel.Arch}, " "))),
		}
		for i, r := range p.runs {
			pair.Runs = append(pair.Runs, newPageRun(r, i, len(p.runs), o, texts))
		}
		out = append(out, pair)
	}
	return out
}

// mark returns a pair's time, or how many of its runs passed.
func (p pair) mark() string {
	if len(p.runs) == 1 {
		return seconds(busy(p.runs[0].Durations))
	}
	passed := 0
	for _, r := range p.runs {
		if r.Verdict == verdict.Pass {
			passed++
		}
	}
	return fmt.Sprintf("%d of %d", passed, len(p.runs))
}

// words returns the verdicts that a pair is found under.
func (p pair) words() string {
	words := []string{p.word()}
	for _, r := range p.runs {
		if !slices.Contains(words, r.word()) {
			words = append(words, r.word())
		}
	}
	return strings.Join(words, " ")
}

// reason returns why a pair is no pass, in a line.
func (p pair) reason() string {
	if p.disagree() {
		return "its runs disagree: " + p.tally()
	}
	for _, r := range p.runs {
		if line := why(r.Cell); line != "" {
			return line
		}
	}
	return ""
}

// fragment names a pair in an address, as in "cell-hello-6.1".
func fragment(taken map[string]bool, lab, kernel string) string {
	plain := strings.Map(func(r rune) rune {
		if r < 0x80 && (r == '.' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z') {
			return r
		}
		return '-'
	}, lab+"-"+kernel)
	id := "cell-" + plain
	for n := 2; taken[id]; n++ {
		id = fmt.Sprintf("cell-%s-%d", plain, n)
	}
	taken[id] = true
	return id
}

func newPageRun(r run, index, of int, o PageOptions, texts *longTexts) pageRun {
	out := pageRun{
		Word: r.word(), Verdict: string(r.Verdict), Reason: clean(r.Reason),
		Facts: runFacts(r.Cell), Splat: texts.add(r.Splat, firstPart), durations: r.Durations,
	}
	if of > 1 {
		out.Name = fmt.Sprintf("run %d of %d", index+1, of)
	}
	for _, warning := range r.Warnings {
		out.Warnings = append(out.Warnings, cleanLine(warning))
	}
	for _, step := range r.Steps {
		out.Steps = append(out.Steps, newPageStep(step, texts))
	}
	all := attempts(r.Cell)
	for i, attempt := range all {
		out.Attempts = append(out.Attempts, newPageAttempt(attempt, i, o, texts))
	}
	if len(all) == 1 { // what the run says is not said again
		out.Attempts[0].Reason, out.Attempts[0].Durations = "", ""
	}
	return out
}

// attempts returns the attempts of a cell; a cell that names none is an attempt itself.
func attempts(c verdict.Cell) []verdict.Attempt {
	if len(c.Attempts) > 0 || c.Console == "" {
		return c.Attempts
	}
	return []verdict.Attempt{{Verdict: c.Verdict, Reason: c.Reason, Where: c.Where, Console: c.Console, Durations: c.Durations}}
}

func runFacts(c verdict.Cell) []fact {
	facts := present([]fact{
		{"kernel", c.Kernel.Release}, {"package", strings.TrimSpace(c.Kernel.Package + " " + c.Kernel.Version)},
		{"source", c.Kernel.Source}, {"architecture", c.Kernel.Arch}, {"kernel sha256", c.Kernel.SHA256},
		{"binary", c.Binary}, {"object sha256", c.Object}, {"lab sha256", c.LabSHA256},
		{"start", c.StartKind}, {"ran on", c.Where}, {"machine", hypervisor(c)}, {"boot id", c.BootID},
	})
	for i := range facts {
		facts[i].Value = cleanLine(facts[i].Value)
	}
	return append(facts, fact{"durations", split(c.Durations)})
}

func hypervisor(c verdict.Cell) string {
	if c.Hypervisor == nil {
		return ""
	}
	return c.Hypervisor.String()
}

// split returns where the time went, as in "wait 0.0s, start 3.0s, ...".
func split(d verdict.Durations) string {
	var out []string
	for _, part := range parts(d) {
		out = append(out, part.name+" "+preciseSeconds(part.seconds))
	}
	return strings.Join(out, ", ")
}

func preciseSeconds(s float64) string { return fmt.Sprintf("%.2fs", s) }

func newPageStep(step verdict.Step, texts *longTexts) pageStep {
	out := pageStep{
		Name: cleanLine(step.Name), Verdict: string(step.Verdict), Seconds: preciseSeconds(step.Seconds),
		Open: failed(step.Verdict), Log: texts.add(step.Log, lastPart),
	}
	for _, note := range step.Notes {
		out.Notes = append(out.Notes, cleanLine(note))
	}
	checks := step.Checks
	if len(checks) == 0 && step.Expected+step.Seen != "" {
		checks = []verdict.Check{{Verdict: step.Verdict, Expected: step.Expected, Seen: step.Seen}}
	}
	for _, check := range checks {
		out.Checks = append(out.Checks, pageCheck{checkTitle(check), string(check.Verdict), clean(check.Expected), clean(check.Seen)})
	}
	return out
}

func newPageAttempt(attempt verdict.Attempt, index int, o PageOptions, texts *longTexts) pageAttempt {
	out := pageAttempt{
		Name: fmt.Sprintf("attempt %d%s", index+1, on(attempt.Where)+with(attempt)), Verdict: string(attempt.Verdict),
		Reason: firstLine(attempt.Reason), Durations: split(attempt.Durations),
		Path: cleanLine(attempt.Console), Link: o.link(attempt.Console),
	}
	if failed(attempt.Verdict) {
		out.Console = texts.add(readConsole(o.Dir, attempt.Console), lastPart)
	}
	return out
}
