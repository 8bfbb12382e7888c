package lab

import (
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestKindAndExpected(t *testing.T) {
	tests := []struct{ yaml, kind, want string }{
		{"trace: {comm: ls, message: getdents64 called, min: 2}", "trace", `trace line from ls: "getdents64 called", at least 2`},
		{"trace: {message: hi}", "trace", `trace line: "hi", at least 1`},
		{"trace: {comm: ls, count: 3}", "trace", "trace line from ls, exactly 3"},
		{"trace: {comm: ls, count: 0}", "trace", "no trace line from ls"},
		{"stdout: {equals: hi}", "stdout", `stdout equal to "hi"`},
		{"stdout: {contains: hi}", "stdout", `stdout containing "hi"`},
		{"stdout: {matches: ^hi$}", "stdout", "stdout like hi"},
		{"exit: 1", "exit", "exit status 1"},
		{"map: {name: m, where: {pid: 3, comm: ls}, field: n, sum: 4, entries: 1}", "map", "map m where comm=ls, pid=3: 1 entry, sum of n 4"},
		{"map: {name: m, where: 0x10, min: 4}", "map", "map m where key=16: sum at least 4"},
		{"map: {name: m, entries: 0}", "map", "map m: 0 entries"},
		{"event: {map: rb, type: ev, where: {ok: true}}", "event", "record in rb of type ev where ok=true, at least 1"},
		{"event: {map: rb, count: 0}", "event", "no record in rb"},
		{"packets: {port: 7000, received: 2, dropped: 3}", "packets", "packets to port 7000: 2 received, 3 dropped"},
		{"accepted: {program: p}", "accepted", "program p accepted"},
		{"accepted: {}", "accepted", "every probe accepted"},
		{"rejected: {program: p, errno: E2BIG, message: too large}", "rejected", "program p rejected with E2BIG, saying: too large"},
		{"insns: {program: p, min: 2, max: 9}", "insns", "program p: at least 2 and at most 9 instructions processed"},
	}
	const around = "network: true\nsend:\n  - udp: 7000\n    count: 5\nload: [p]\nprobe:\n  - kind: back_edge\nchecks:\n  - "
	for _, tt := range tests {
		t.Run(tt.yaml, func(t *testing.T) {
			l, err := ParseBytes("labs/x/lab.md", []byte(inStep(around+tt.yaml)))
			if err != nil {
				t.Fatal(err)
			}
			c := l.Steps[0].Checks[0]
			if c.Kind() != tt.kind || c.Expected() != tt.want {
				t.Errorf("%s: %s\nwant %s: %s", c.Kind(), c.Expected(), tt.kind, tt.want)
			}
		})
	}
}

func TestZeroCheckHasNoKind(t *testing.T) {
	if c := (Check{}); c.Kind() != "" || c.Expected() != "" {
		t.Errorf("got %q, %q", c.Kind(), c.Expected())
	}
}

func TestApplies(t *testing.T) {
	old, young := version(t, "4.19.72"), version(t, "6.1")
	when, err := kernel.ParseRange(">=5.2")
	if err != nil {
		t.Fatal(err)
	}
	always, later := Check{}, Check{When: &when}
	if !always.Applies(old) || later.Applies(old) || !later.Applies(young) {
		t.Errorf("always on 4.19: %v; >=5.2 on 4.19: %v, on 6.1: %v", always.Applies(old), later.Applies(old), later.Applies(young))
	}
	l := Lab{Header: Header{Kernels: when}}
	if l.Supports(old) || !l.Supports(young) {
		t.Errorf("supports 4.19: %v, 6.1: %v", l.Supports(old), l.Supports(young))
	}
}

func TestNeedDue(t *testing.T) {
	tests := map[string]struct {
		need Need
		want bool
	}{
		"no version":         {Need{Config: "CONFIG_X"}, false},
		"kernel is older":    {Need{Config: "CONFIG_X", Since: version(t, "6.2")}, false},
		"kernel is as old":   {Need{Config: "CONFIG_X", Since: version(t, "6.1")}, true},
		"kernel is newer":    {Need{Config: "CONFIG_X", Since: version(t, "5.8")}, true},
		"newer but optional": {Need{Config: "CONFIG_X", Since: version(t, "5.8"), Optional: true}, false},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := tt.need.Due(version(t, "6.1")); got != tt.want {
				t.Errorf("got %v", got)
			}
		})
	}
}

func TestLoads(t *testing.T) {
	tests := []struct {
		name, doc string
		want      string
	}{
		{"program of the lab", inStep("checks:\n  - exit: 0"), "p.c"},
		{"program of the step", inStep("program: q.c\nchecks:\n  - exit: 0"), "q.c"},
		{"probes alone", inStep("probe:\n  - kind: back_edge"), ""},
		{"probes and programs", inStep("probe:\n  - kind: back_edge\nload: [p]"), "p.c"},
		{"no program", inHeader("cpus: 1"), ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := ParseBytes("labs/x/lab.md", []byte(tt.doc))
			if err != nil {
				t.Fatal(err)
			}
			s := &l.Steps[0]
			if s.Source(l) != tt.want || s.Loads(l) != (tt.want != "") {
				t.Errorf("loads %v from %q, want %q", s.Loads(l), s.Source(l), tt.want)
			}
		})
	}
}

func version(t *testing.T, s string) kernel.Version {
	t.Helper()
	v, err := kernel.ParseVersion(s)
	if err != nil {
		t.Fatal(err)
	}
	return v
}
