package main

import (
	"fmt"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/ci/steps"
	"github.com/bpflab/bpflab/harness/verdict"
)

// findings are those of one system.
type findings struct {
	host
	skipped  string // why there is no such system
	system   string // as it calls itself
	qemu     string
	clang    string
	first    float64           // seconds of the README's first command
	verdicts map[string]string // of labs, by lab and kernel
	cells    int               // of the run of all labs
	forks    int               // of them
	starts   starts            // of each kernel
	wall     best              // seconds of `run hello`, cold and warm
	clangs   []string          // that made the same verdicts
	old      bool              // oldKernel was there
	problems []string
}

// judge reads what a system left in dir.
func (h host) judge(dir, skipped string) (*findings, error) {
	f := &findings{host: h, skipped: skipped, verdicts: map[string]string{}, wall: best{}}
	done, err := steps.Read(dir)
	if err != nil || skipped != "" {
		return f, err
	}
	f.system, f.qemu, f.clang = done.Text("system"), version(done.Text("qemu")), version(done.Text("clang"))
	for _, s := range done.Steps {
		f.judgeStep(s)
	}
	_, f.old = done.Find("import")
	if last, ok := done.Find("tests"); !ok || last.Name == "" {
		f.fault("it ended before its tests did")
	}
	f.judgeLabs(done)
	f.measure(done)
	f.judgeClangs(done)
	return f, nil
}

func (f *findings) fault(format string, args ...any) {
	f.problems = append(f.problems, f.suite+": "+fmt.Sprintf(format, args...))
}

var (
	number  = regexp.MustCompile(`[0-9]+(\.[0-9]+)+`)
	warning = regexp.MustCompile(`(?im)^.*\bwarning\b.*$`)
)

// version returns the first version number in text.
func version(text string) string { return number.FindString(text) }

// judgeStep looks whether a command did well, and in silence.
func (f *findings) judgeStep(s steps.Step) {
	if s.Name == "lab-hello" {
		f.first = s.Seconds
	}
	if s.Status != 0 {
		text := strings.TrimSpace(s.Stdout + "\n" + s.Stderr)
		f.fault("%s: exit status %d: %s", s.Name, s.Status, text[strings.LastIndexByte(text, '\n')+1:])
	}
	if said := warning.FindString(s.Stderr); said != "" && s.Name != "tests" {
		f.fault("%s: %s", s.Name, said)
	}
}

// judgeLabs looks at the run of all labs, whose machines must all be forks.
func (f *findings) judgeLabs(done steps.Run) {
	result, err := done.Result("labs")
	if err != nil {
		f.fault("labs: %v", err)
		return
	}
	f.verdicts = verdicts(result)
	f.cells = len(result.Cells)
	for _, c := range result.Cells {
		if c.StartKind == "fork" {
			f.forks++
		} else if c.Verdict != verdict.Unsupported || c.StartKind != "" {
			f.fault("%s on %s: a %s, not a fork", c.Lab, c.Kernel.Selector, c.StartKind)
		}
		for _, w := range c.Warnings {
			f.fault("%s on %s: %s", c.Lab, c.Kernel.Selector, w)
		}
	}
}

// verdicts returns a result's by lab and kernel.
func verdicts(result verdict.Result) map[string]string {
	out := map[string]string{}
	for _, c := range result.Cells {
		out[c.Lab+" on "+c.Kernel.Selector] = string(c.Verdict)
	}
	return out
}

// measure takes the times of the rounds.
func (f *findings) measure(done steps.Run) {
	for round := 1; ; round++ {
		warm, err := done.Result(fmt.Sprintf("hello-warm-%d", round))
		if err != nil {
			break
		}
		cold, err := done.Result(fmt.Sprintf("hello-cold-%d", round))
		if err != nil {
			break
		}
		f.wall.keep("warm", warm.Seconds)
		f.wall.keep("cold", cold.Seconds)
	}
	if len(f.wall) == 0 {
		f.fault("no run of hello was measured")
	}
	var err error
	if f.starts, err = readStarts(filepath.Join(done.Dir, "starts.json")); err != nil {
		f.fault("starts: %v", err)
	}
}

// judgeClangs looks whether objects of other compilers have the same verdicts.
func (f *findings) judgeClangs(done steps.Run) {
	for _, v := range strings.Fields(f.host.clangs) {
		result, err := done.Result("clang-" + v)
		if err != nil {
			f.fault("clang-%s: %v", v, err)
			continue
		}
		if differing := f.differing("clang-"+v, verdicts(result), f.verdicts); differing == 0 {
			f.clangs = append(f.clangs, v)
		}
	}
}

// differing reports verdicts of who that are not the others'. It returns their number.
func (f *findings) differing(who string, got, want map[string]string) int {
	count := 0
	for cell, v := range want {
		if got[cell] != v {
			f.fault("%s: %s is %q, elsewhere %q", who, cell, got[cell], v)
			count++
		}
	}
	return count
}

// conclude compares the systems, and returns all problems.
func conclude(all []*findings) []string {
	var reference *findings
	var problems []string
	for _, f := range all {
		if f.skipped == "" && reference == nil {
			reference = f
		}
		if f.skipped == "" && f != reference {
			f.differing("labs", f.common(reference), reference.common(f))
		}
		if f.measured() {
			f.judgeSpeed()
		}
		problems = append(problems, f.problems...)
	}
	if reference == nil {
		problems = append(problems, "no system could be made")
	}
	return problems
}

// common returns f's verdicts on the kernels that other has.
func (f *findings) common(other *findings) map[string]string {
	out := map[string]string{}
	for cell, v := range f.verdicts {
		if !strings.HasSuffix(cell, oldKernel) || other.old {
			out[cell] = v
		}
	}
	return out
}

// measured reports whether there are figures of speed.
func (f *findings) measured() bool { return len(f.starts) > 0 && len(f.wall) > 0 }

// judgeSpeed holds the system to what is claimed of forks.
func (f *findings) judgeSpeed() {
	if !f.starts.fast() {
		f.fault("a fork takes %.3f s, a boot %.2f s: want 1/20", f.starts.fork(), f.starts.boot())
	}
	if !f.warmFast() {
		f.fault("hello takes %.1f s warm, %.1f s cold: want 1/3", f.wall["warm"], f.wall["cold"])
	}
}

func (f *findings) warmFast() bool { return f.wall["warm"]*3 <= f.wall["cold"] }
