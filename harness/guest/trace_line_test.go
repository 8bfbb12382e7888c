package guest

import (
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
	f.Add("  ls-1 [000] d... 1.5: bpf_trace_printk: x")
	f.Fuzz(func(t *testing.T, line string) {
		if got := ParseTraceLine(line); got.Raw != line {
			t.Errorf("raw line %q became %q", line, got.Raw)
		}
	})
}
