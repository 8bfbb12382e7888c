package gotest

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/verdict"
)

// Printer shows tests as they run, as go test does, each line marked with its kernel
// where there are several. It is safe for concurrent use.
type Printer struct {
	W       io.Writer
	Kernels []string // selectors
	Flags   Flags

	lock sync.Mutex // of W
}

// NoTests shows that a package has none.
func (p *Printer) NoTests(path string) { p.say(fmt.Sprintf("?   \t%s\t[no test files]\n", path)) }

func (p *Printer) say(text string) {
	if p.Flags.JSON {
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	io.WriteString(p.W, text)
}

// PackagePrinter shows one package's tests on one kernel.
type PackagePrinter struct {
	*Printer
	mark   string // before each line
	kept   map[string]*strings.Builder
	failed strings.Builder
	stray  strings.Builder // output outside of tests
}

// Package returns a printer for one package on one kernel.
func (p *Printer) Package(kernel string) *PackagePrinter {
	mark := ""
	if len(p.Kernels) > 1 {
		width := 0
		for _, k := range p.Kernels {
			width = max(width, len(k))
		}
		mark = fmt.Sprintf("%-*s | ", width, kernel)
	}
	return &PackagePrinter{Printer: p, mark: mark, kept: map[string]*strings.Builder{}}
}

// mostShown is what is kept of a test's output to be shown if it fails, in bytes.
const mostShown = 1 << 20

// Event shows what is shown at once, and keeps the output of tests that may still fail.
func (p *PackagePrinter) Event(e Event) {
	switch {
	case p.Flags.JSON:
		p.json(e)
	case p.Flags.Verbose:
		if e.Action == "output" {
			p.say(p.mark + strings.TrimSuffix(e.Output, "\n") + "\n")
		}
	case e.Action == "output":
		p.keep(e)
	case e.Action == "fail" && p.kept[e.Test] != nil:
		p.failed.WriteString(p.kept[e.Test].String())
		delete(p.kept, e.Test)
	case e.Action == "pass" || e.Action == "skip":
		delete(p.kept, e.Test)
	}
}

// keep keeps output, until the test passes or a benchmark has figures, which End shows.
func (p *PackagePrinter) keep(e Event) {
	if _, ok := parseFigures(e.Output); ok {
		delete(p.kept, e.Test)
		return
	}
	to := &p.stray
	if e.Test != "" {
		if p.kept[e.Test] == nil {
			p.kept[e.Test] = &strings.Builder{}
		}
		to = p.kept[e.Test]
	}
	if to.Len() < mostShown && (e.Test == "" || !strings.HasPrefix(e.Output, "=== ")) {
		to.WriteString(e.Output)
	}
}

func (p *PackagePrinter) json(e Event) {
	line, err := json.Marshal(e)
	if err != nil {
		return
	}
	p.lock.Lock()
	defer p.lock.Unlock()
	p.W.Write(append(line, '\n'))
}

// End shows how the package ended.
func (p *PackagePrinter) End(c verdict.Cell) {
	n := Count(c.Steps)
	word, detail, text := "ok  ", n.String(), ""
	if n.All() == 0 {
		detail = "[no tests to run]"
	}
	if !p.Flags.Verbose {
		for _, s := range c.Steps {
			if s.Metrics != nil {
				text += s.Log + "\n"
			}
		}
	}
	if c.Verdict != verdict.Pass {
		word = "FAIL"
		detail += "\t" + c.Reason
		text += p.failed.String()
		for _, name := range slices.Sorted(maps.Keys(p.kept)) { // of tests that did not end
			text += p.kept[name].String()
		}
		text += strings.ReplaceAll(p.stray.String(), "\nFAIL\n", "\n") + c.Splat
	}
	for _, splat := range command.AllowedSplats(c) {
		text += fmt.Sprintf("bpflab: %s on %s: %s\n", c.Lab, c.Kernel.Selector, splat)
	}
	p.say(marked(p.mark, text) + fmt.Sprintf("%s%s\t%s\t%.3fs\t%s\n", p.mark, word, c.Lab, c.Durations.Run, detail))
}

// marked puts the mark before each line.
func marked(mark, text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		b.WriteString(mark + strings.TrimSuffix(line, "\n") + "\n")
	}
	return b.String()
}
