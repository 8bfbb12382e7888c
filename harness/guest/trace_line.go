package guest

import (
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/wire"
)

// ParseTraceLine takes a line of trace_pipe apart, as print_trace_line of
// kernel/trace/trace_output.c writes it: the command, which may hold spaces and dashes, its pid,
// sometimes the thread group in parentheses, the CPU, four or five flags, the time, and the
// function that printed ("0" before 5.9, "bpf_trace_printk" since). Of a line it does not know
// only Raw is set.
//
// A regular expression for this would be compiled at each boot of a machine, on an emulated
// processor.
func ParseTraceLine(line string) wire.TraceLine {
	out := wire.TraceLine{Raw: line}
	for dash := strings.LastIndexByte(line, '-'); dash >= 0; dash = strings.LastIndexByte(line[:dash], '-') {
		if pid, cpu, message, ok := afterCommand(line[dash+1:]); ok {
			out.Comm = strings.TrimLeft(line[:dash], spaces)
			out.PID, _ = strconv.Atoi(pid)
			out.CPU, _ = strconv.Atoi(cpu)
			out.Message = strings.TrimSpace(message)
			return out
		}
	}
	return out
}

const (
	spaces = "\t\n\f\r "
	digits = "0123456789"
)

// afterCommand takes what follows a command and a dash apart.
func afterCommand(text string) (pid, cpu, message string, ok bool) {
	l := parts{rest: text}
	pid = l.some(digits)
	l.some(spaces)
	if strings.HasPrefix(l.rest, "(") {
		l.word("(")
		l.some(digits + "-" + spaces)
		l.word(")")
		l.some(spaces)
	}
	l.word("[")
	cpu = l.some(digits)
	l.word("]")
	l.some(spaces)
	l.other(spaces) // the flags
	l.some(spaces)
	l.some(digits + ".")
	l.word(":")
	l.some(spaces)
	printer := l.other(spaces)
	end := strings.LastIndexByte(printer, ':')
	message = printer[end+1:] + l.rest
	if message != "" && strings.IndexByte(spaces, message[0]) >= 0 {
		message = message[1:]
	}
	return pid, cpu, message, !l.failed && end > 0
}

// parts takes a text apart from its beginning on.
type parts struct {
	rest   string
	failed bool // something was not there
}

// take returns the first n bytes, and fails if that is nothing.
func (p *parts) take(n int) string {
	part := p.rest[:n]
	p.rest, p.failed = p.rest[n:], p.failed || n == 0
	return part
}

// some takes bytes that are in the set.
func (p *parts) some(set string) string {
	return p.take(len(p.rest) - len(strings.TrimLeft(p.rest, set)))
}

// other takes bytes that are not in the set.
func (p *parts) other(set string) string {
	n := strings.IndexAny(p.rest, set)
	if n < 0 {
		n = len(p.rest)
	}
	return p.take(n)
}

func (p *parts) word(w string) {
	rest, ok := strings.CutPrefix(p.rest, w)
	p.rest, p.failed = rest, p.failed || !ok
}

// lostEvents returns how many lines were lost, if that is what a line says.
func lostEvents(line string) (lost int, ok bool) {
	l := parts{rest: line}
	l.word("CPU:")
	l.some(digits)
	l.word(" [LOST ")
	lost, _ = strconv.Atoi(l.some(digits))
	l.word(" EVENTS]")
	return lost, !l.failed
}
