package main

import (
	"fmt"
	"io"
	"sync"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/bpflab/bpflab/vms/kernel"
)

// progress shows downloads: one bar over all of them on a terminal, a line
// when each begins elsewhere. It satisfies kernel.Progress.
type progress struct {
	mu     sync.Mutex
	out    io.Writer
	bar    *progressbar.ProgressBar // nil: none is shown
	live   bool                     // out is a terminal
	done   map[string]int64
	totals map[string]int64
}

var _ kernel.Progress = (*progress)(nil)

func newProgress(out io.Writer, live bool) *progress {
	return &progress{out: out, live: live, done: map[string]int64{}, totals: map[string]int64{}}
}

// Bytes implements kernel.Progress.
func (p *progress) Bytes(name string, done, total int64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_, seen := p.totals[name]
	p.done[name], p.totals[name] = done, total
	switch {
	case p.live:
		p.draw()
	case !seen:
		fmt.Fprintf(p.out, "fetching %s (%s)\n", name, size(total))
	}
}

// Note implements kernel.Progress.
func (p *progress) Note(line string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.bar != nil {
		_ = p.bar.Clear() // the terminal is gone, or the bar is
	}
	fmt.Fprintln(p.out, line)
}

// draw brings the bar up to date; when everything is there it goes away.
func (p *progress) draw() {
	done, total := sum(p.done), sum(p.totals)
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(total,
			progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetDescription("fetching kernels"),
			progressbar.OptionShowBytes(true),
			progressbar.OptionThrottle(100*time.Millisecond),
			progressbar.OptionClearOnFinish())
	}
	p.bar.ChangeMax64(total)
	_ = p.bar.Set64(done)
	if done == total {
		p.bar = nil
		clear(p.done)
		clear(p.totals)
	}
}

func sum(parts map[string]int64) (all int64) {
	for _, n := range parts {
		all += n
	}
	return all
}

// size writes bytes for people.
func size(bytes int64) string {
	switch {
	case bytes <= 0:
		return "-"
	case bytes < 1e6:
		return fmt.Sprintf("%.1f kB", float64(bytes)/1e3)
	case bytes < 1e9:
		return fmt.Sprintf("%.1f MB", float64(bytes)/1e6)
	}
	return fmt.Sprintf("%.1f GB", float64(bytes)/1e9)
}
