package guest

import (
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/wire"
)

func TestParseTraceLine(t *testing.T) {
	for _, tt := range []struct {
		name, line string
		want       wire.TraceLine
	}{
		{"before 5.9", "              ls-1203  [000] ....    12.345678: 0: getdents64 called",
			wire.TraceLine{Comm: "ls", PID: 1203, Message: "getdents64 called"}},
		{"since 5.9", "              ls-77      [003] d..31    4.000001: bpf_trace_printk: getdents64 called",
			wire.TraceLine{Comm: "ls", PID: 77, CPU: 3, Message: "getdents64 called"}},
		{"with thread group", "           sshd-831   (    831) [001] d... 1.5: bpf_trace_printk: hi",
			wire.TraceLine{Comm: "sshd", PID: 831, CPU: 1, Message: "hi"}},
		{"dashes and spaces in the name", " my-tool -a-9 [000] d..2. 1.5: bpf_trace_printk: x: y",
			wire.TraceLine{Comm: "my-tool -a", PID: 9, Message: "x: y"}},
		{"name not recorded", "           <...>-12 [000] d..21 1.5: bpf_trace_printk: x",
			wire.TraceLine{Comm: "<...>", PID: 12, Message: "x"}},
		{"empty message", "  ls-1 [000] d... 1.5: bpf_trace_printk: ", wire.TraceLine{Comm: "ls", PID: 1}},
		{"no such line", "# tracer: nop", wire.TraceLine{}},
	} {
		tt.want.Raw = tt.line
		if got := ParseTraceLine(tt.line); got != tt.want {
			t.Errorf("%s: %+v, want %+v", tt.name, got, tt.want)
		}
	}
}

func FuzzParseTraceLine(f *testing.F) {
	for _, line := range []string{"  ls-1 [000] d... 1.5: bpf_trace_printk: x", "a-b-2  ( 3-) [1] d... 1.5: 0: x: y", "  -1 [0] . .: a:b:c", "-1-2 [0] . .: :: "} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if strings.Contains(line, "\n") {
			return
		}
		got, want := ParseTraceLine(line), wire.TraceLine{Raw: line}
		if m := traceLine.FindStringSubmatch(line); m != nil {
			want.Comm, want.Message = m[1], strings.TrimSpace(m[4])
			want.PID, _ = strconv.Atoi(m[2])
			want.CPU, _ = strconv.Atoi(m[3])
		}
		if got != want {
			t.Errorf("%+v, want %+v", got, want)
		}
	})
}

// traceLine is what ParseTraceLine does, as a regular expression.
var traceLine = regexp.MustCompile(`^\s*(.*)-(\d+)\s+(?:\([\s\d-]+\)\s+)?\[(\d+)\]\s+\S+\s+[\d.]+:\s+\S+:\s?(.*)$`)

func TestLostEvents(t *testing.T) {
	for line, want := range map[string]int{"CPU:0 [LOST 12 EVENTS]": 12, "CPU:11 [LOST 3 EVENTS] more": 3, "CPU: [LOST 3 EVENTS]": -1, " CPU:0 [LOST 3 EVENTS]": -1, "": -1} {
		if lost, ok := lostEvents(line); ok != (want >= 0) || ok && lost != want {
			t.Errorf("%q: %d, %v", line, lost, ok)
		}
	}
}
