package guest

import (
	"regexp"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/vms/wire"
)

// traceLine is print_trace_line of kernel/trace/trace_output.c: the command,
// which may hold spaces and dashes, its pid, sometimes the thread group in
// parentheses, the CPU, four or five flags, the time, and the function that
// printed ("0" before 5.9, "bpf_trace_printk" since).
var traceLine = regexp.MustCompile(`^\s*(.*)-(\d+)\s+(?:\([\s\d-]+\)\s+)?\[(\d+)\]\s+\S+\s+[\d.]+:\s+(\S+):\s?(.*)$`)

var lostEvents = regexp.MustCompile(`^CPU:\d+ \[LOST (\d+) EVENTS\]`)

// ParseTraceLine takes a line of trace_pipe apart. Of a line it does not know
// only Raw is set.
func ParseTraceLine(line string) wire.TraceLine {
	out := wire.TraceLine{Raw: line}
	m := traceLine.FindStringSubmatch(line)
	if m == nil {
		return out
	}
	out.Comm = m[1]
	out.PID, _ = strconv.Atoi(m[2])
	out.CPU, _ = strconv.Atoi(m[3])
	out.Message = strings.TrimSpace(m[5])
	return out
}
