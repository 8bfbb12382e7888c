package term

import (
	"fmt"

	"github.com/bpflab/bpflab/harness/workshop"
	"github.com/bpflab/bpflab/vms/wire"
)

// traceLines is how many lines of the trace are kept.
const traceLines = 1000

// trace is the end of the kernel's trace buffer.
type trace struct {
	lines   []wire.TraceLine
	dropped bool   // earlier lines were dropped
	err     string // why no lines come
}

// add adds new lines of the trace buffer.
func (t *trace) add(n workshop.TraceUpdate) {
	if n.Clear {
		*t = trace{}
	}
	t.lines = append(t.lines, n.Lines...)
	if over := len(t.lines) - traceLines; over > 0 {
		t.lines = append([]wire.TraceLine(nil), t.lines[over:]...)
		t.dropped = true
	}
	t.dropped = t.dropped || n.Lost > 0
	t.err = n.Error
}

// rawWidth is the width from which lines are shown as the kernel writes them.
const rawWidth = 76

// show renders the trace in lines of at most width columns.
func (t *trace) show(th theme, width int) []string {
	var out []string
	if t.dropped {
		out = append(out, th.dim.Render(truncate("Earlier lines are not shown: there were too many.", width)))
	}
	for _, line := range t.lines {
		text := line.Raw
		if text == "" || width < rawWidth {
			text = fmt.Sprintf("%s-%d: %s", line.Comm, line.PID, line.Message)
		}
		out = append(out, wrapped(sanitize(text), width)...)
	}
	if t.err != "" {
		out = append(out, wrapped(sanitize(t.err), width)...)
	}
	if len(out) == 0 {
		out = wrapped("The kernel's trace buffer is empty. What your program prints appears here.", width)
	}
	return out
}
