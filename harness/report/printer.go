package report

import (
	"io"
	"os"

	"golang.org/x/term"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Printer shows a run. Its methods are safe for concurrent use.
type Printer interface {
	// Event takes one change of a cell's state.
	Event(verdict.Event)
	// Close ends the display with what failed, and why, and a closing line.
	// It returns the first error of writing, also of earlier events.
	Close(verdict.Result) error
}

// Planned is a cell that will run, as it is named in the display.
type Planned struct {
	Lab    string
	Kernel string // the series, e.g. "6.1"
}

// New returns a live display for a terminal and plain lines for anything else
// and for TERM=dumb. NO_COLOR takes the colours away. cells are in the plan's
// order, which Event.Index counts from 0.
func New(w io.Writer, cells []Planned, isTerminal bool) Printer {
	if !isTerminal || os.Getenv("TERM") == "dumb" {
		return Lines(w, cells)
	}
	return Live(w, cells)
}

const (
	pipeWidth     = 100 // of tables in a pipe, in columns
	defaultWidth  = 80  // of a terminal of unknown width
	defaultHeight = 24
)

// terminalSize asks the terminal behind w each time, so that a resize shows
// with the next frame.
func terminalSize(w io.Writer) (width, height int) {
	if file, ok := w.(*os.File); ok {
		if width, height, err := term.GetSize(int(file.Fd())); err == nil && width > 0 && height > 0 {
			return width, height
		}
	}
	return defaultWidth, defaultHeight
}

// sticky remembers the first error of a writer and then writes no more.
type sticky struct {
	w   io.Writer
	err error
}

func (s *sticky) WriteString(text string) {
	if s.err == nil {
		_, s.err = io.WriteString(s.w, text)
	}
}
