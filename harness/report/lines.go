package report

import (
	"io"
	"sync"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Lines returns a Printer for pipes and files: one line for each cell when it
// ends, no colours, nothing that moves.
func Lines(w io.Writer, cells []Planned) Printer {
	return &linePrinter{out: sticky{w: w}, table: newTable(cells, palette{}), shown: map[int]bool{}}
}

type linePrinter struct {
	mu    sync.Mutex
	out   sticky
	table table
	shown map[int]bool
}

func (p *linePrinter) Event(event verdict.Event) {
	if event.Phase != verdict.PhaseDone || event.Cell == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.show(event.Index, *event.Cell)
}

func (p *linePrinter) show(index int, cell verdict.Cell) {
	if p.shown[index] {
		return
	}
	p.shown[index] = true
	p.out.WriteString(p.table.line(index, cell) + "\n")
}

func (p *linePrinter) Close(result verdict.Result) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for index, cell := range result.Cells {
		p.show(index, cell)
	}
	p.out.WriteString(p.table.details(result, pipeWidth))
	return p.out.err
}
