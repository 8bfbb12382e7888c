package report

import (
	"io"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"

	"github.com/bpflab/bpflab/harness/verdict"
)

// framePeriod is the time between two frames without an event.
const framePeriod = 120 * time.Millisecond

// Live returns a Printer that redraws one line for each cell in place, until
// Close replaces them by the lines that stay. It must be closed.
func Live(w io.Writer, cells []Planned) Printer {
	p := newLive(w, cells, palette{colours: os.Getenv("NO_COLOR") == ""})
	p.ticks.Go(p.tick)
	return p
}

type livePrinter struct {
	size func() (width, height int)
	now  func() time.Time

	mu    sync.Mutex
	out   sticky
	state state
	drawn []int // width of each line of the last frame, in columns

	stop  chan struct{}
	ticks sync.WaitGroup
	once  sync.Once
}

func newLive(w io.Writer, cells []Planned, colours palette) *livePrinter {
	p := &livePrinter{
		size: func() (int, int) { return terminalSize(w) },
		now:  time.Now,
		out:  sticky{w: w},
		stop: make(chan struct{}),
	}
	p.state = newState(newTable(cells, colours), p.now())
	return p
}

func (p *livePrinter) tick() {
	ticker := time.NewTicker(framePeriod)
	defer ticker.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-ticker.C:
			p.mu.Lock()
			p.draw()
			p.mu.Unlock()
		}
	}
}

func (p *livePrinter) Event(event verdict.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.state.event(event, p.now())
	p.draw()
}

// Close ends the display; a second call does nothing.
func (p *livePrinter) Close(result verdict.Result) error {
	p.once.Do(func() { p.finish(result) })
	return p.out.err
}

func (p *livePrinter) finish(result verdict.Result) {
	close(p.stop)
	p.ticks.Wait()
	p.mu.Lock()
	defer p.mu.Unlock()
	width, _ := p.size()
	var text strings.Builder
	text.WriteString(p.rewind(width) + ansi.EraseScreenBelow)
	for index, cell := range result.Cells {
		text.WriteString(p.state.table.line(index, cell) + "\n")
	}
	text.WriteString(p.state.table.details(result, width))
	p.out.WriteString(text.String())
}

// draw writes a whole frame at once and erases only what a line leaves over,
// so nothing flickers.
func (p *livePrinter) draw() {
	width, height := p.size()
	frame := p.state.frame(p.now(), width, height)
	var text strings.Builder
	text.WriteString(ansi.SetModeSynchronizedOutput + p.rewind(width))
	p.drawn = p.drawn[:0]
	for _, line := range frame {
		text.WriteString(line + ansi.EraseLineRight + "\r\n")
		p.drawn = append(p.drawn, ansi.StringWidth(line))
	}
	text.WriteString(ansi.EraseScreenBelow + ansi.ResetModeSynchronizedOutput)
	p.out.WriteString(text.String())
}

// rewind moves to the first line of the last frame. A terminal made narrower
// since then has wrapped its lines.
func (p *livePrinter) rewind(width int) string {
	rows := 0
	for _, columns := range p.drawn {
		rows += max(1, (columns+width-1)/max(1, width))
	}
	if rows == 0 {
		return ""
	}
	return "\r" + ansi.CursorUp(rows)
}
