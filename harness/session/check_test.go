package session

import (
	"strings"
	"testing"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

func ptr[T any](v T) *T { return &v }

// seen returns a step in which a bit of everything was observed.
func seen() *observation {
	return &observation{
		spec: &ebpf.CollectionSpec{Maps: map[string]*ebpf.MapSpec{
			"calls":    {Name: "calls", Key: key, Value: u32},
			"verdicts": {Name: "verdicts", Key: u32, Value: u32},
		}},
		programs: []wire.Program{
			{Name: "good", Accepted: true, Insns: 14},
			{Name: "bad", Errno: "EACCES", Log: "0: (7a) *(u64 *)(r10 -520) = 0\ninvalid write to stack R10 off=-520 size=8\nprocessed 1 insns"},
		},
		sent:   map[int]wire.SendResult{7777: {Sent: 10, Received: 3}},
		stdout: "bin\ndev\n", stderr: "ls: x: No such file", exit: 1, ran: true,
		trace: wire.TraceResult{Lines: []wire.TraceLine{
			{Comm: "ls", Message: "called", Raw: " ls-1 [000]: called"}, {Comm: "ls", Message: "called"}, {Comm: "sh", Message: "called"}}},
		maps: map[string]wire.MapResult{
			"calls": {Entries: []wire.MapEntry{
				{Key: append([]byte{1, 0, 0, 0}, []byte("ls\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")...), Values: [][]byte{{2, 0, 0, 0}}},
				{Key: append([]byte{2, 0, 0, 0}, []byte("ls\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")...), Values: [][]byte{{2, 0, 0, 0}}},
				{Key: append([]byte{3, 0, 0, 0}, []byte("sh\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00")...), Values: [][]byte{{9, 0, 0, 0}}},
			}},
			"verdicts": {Entries: []wire.MapEntry{{Key: []byte{1, 0, 0, 0}, Values: [][]byte{{4, 0, 0, 0}, {6, 0, 0, 0}}}}},
		},
	}
}

func TestJudge(t *testing.T) {
	ls := lab.Where{"comm": "ls"}
	for _, tt := range []struct {
		name  string
		check lab.Check
		want  verdict.Verdict
		seen  string // part of what is reported
	}{
		{"trace enough", lab.Check{Trace: &lab.Trace{Comm: "ls", Message: "called", Min: 2}}, verdict.Pass, "2 such of 3 lines"},
		{"trace too few", lab.Check{Trace: &lab.Trace{Comm: "ls", Message: "called", Min: 3}}, verdict.Fail, "ls-1 [000]: called"},
		{"trace not exactly", lab.Check{Trace: &lab.Trace{Comm: "ls", Count: ptr(1)}}, verdict.Fail, "2 such"},
		{"trace other message", lab.Check{Trace: &lab.Trace{Message: "call", Min: 1}}, verdict.Fail, "0 such"},
		{"stdout", lab.Check{Stdout: &lab.Text{Equals: "bin\ndev"}}, verdict.Pass, "bin"},
		{"stdout contains", lab.Check{Stdout: &lab.Text{Contains: "proc"}}, verdict.Fail, "bin"},
		{"stdout matches", lab.Check{Stdout: &lab.Text{Matches: "(?m)^dev$"}}, verdict.Pass, ""},
		{"exit", lab.Check{Exit: ptr(0)}, verdict.Fail, "exit status 1, saying: ls: x: No such file"},
		{"exit as expected", lab.Check{Exit: ptr(1)}, verdict.Pass, "exit status 1"},
		{"map sum and entries", lab.Check{Map: &lab.Map{Name: "calls", Where: ls, Sum: ptr[int64](4), Entries: ptr(2)}}, verdict.Pass, "2 entries, sum 4"},
		{"map wrong sum", lab.Check{Map: &lab.Map{Name: "calls", Where: ls, Sum: ptr[int64](20)}}, verdict.Fail, "{comm: sh, pid: 3} = 9"},
		{"map wrong entries", lab.Check{Map: &lab.Map{Name: "calls", Entries: ptr(2)}}, verdict.Fail, "3 entries"},
		{"map entries of no numbers", lab.Check{Map: &lab.Map{Name: "calls", Field: "none", Entries: ptr(2)}}, verdict.Fail, "3 entries\n"},
		{"one map entry", lab.Check{Map: &lab.Map{Name: "verdicts", Entries: ptr(1)}}, verdict.Pass, "1 entry, sum 10"},
		{"per-CPU values are summed", lab.Check{Map: &lab.Map{Name: "verdicts", Where: lab.Where{"key": int64(1)}, Sum: ptr[int64](10)}}, verdict.Pass, "sum 10"},
		{"map least sum", lab.Check{Map: &lab.Map{Name: "verdicts", Min: ptr[int64](11)}}, verdict.Fail, "[4 6] by CPU"},
		{"unknown map", lab.Check{Map: &lab.Map{Name: "nope", Sum: ptr[int64](0)}}, verdict.Fail, "no such map"},
		{"packets", lab.Check{Packets: &lab.Packets{Port: 7777, Received: ptr(3), Dropped: ptr(7)}}, verdict.Pass, "of 10 sent to port 7777, 3 received and 7 dropped"},
		{"packets passed", lab.Check{Packets: &lab.Packets{Port: 7777, Received: ptr(0)}}, verdict.Fail, "3 received"},
		{"accepted", lab.Check{Accepted: &lab.Accepted{Program: "good"}}, verdict.Pass, "good: accepted"},
		{"not accepted", lab.Check{Accepted: &lab.Accepted{}}, verdict.Fail, "bad: rejected, EACCES, invalid write to stack R10 off=-520 size=8"},
		{"rejected", lab.Check{Rejected: &lab.Rejected{Program: "bad", Errno: "EACCES", Message: "off=-520"}}, verdict.Pass, "bad: rejected"},
		{"rejected otherwise", lab.Check{Rejected: &lab.Rejected{Program: "bad", Errno: "EINVAL"}}, verdict.Fail, "EACCES"},
		{"rejected with another text", lab.Check{Rejected: &lab.Rejected{Program: "bad", Message: "back-edge"}}, verdict.Fail, "EACCES"},
		{"not rejected", lab.Check{Rejected: &lab.Rejected{Program: "good"}}, verdict.Fail, "good: accepted"},
		{"unknown program", lab.Check{Accepted: &lab.Accepted{Program: "nope"}}, verdict.Fail, "no such program"},
		{"instructions", lab.Check{Insns: &lab.Insns{Program: "good", Max: 14}}, verdict.Pass, "14 instructions"},
		{"too many instructions", lab.Check{Insns: &lab.Insns{Program: "good", Max: 13}}, verdict.Fail, "14 instructions"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := judge(tt.check, seen())
			if got.Verdict != tt.want || !strings.Contains(got.Seen, tt.seen) {
				t.Errorf("%s, seen %q; want %s, seen with %q", got.Verdict, got.Seen, tt.want, tt.seen)
			}
			if got.Expected == "" || got.Kind == "" {
				t.Errorf("a check must say what it is and expects: %+v", got)
			}
		})
	}
}

func TestArgv(t *testing.T) {
	for line, want := range map[string][]string{
		"ls /":           {"ls", "/"},
		"cat  /proc/1/x": {"cat", "/proc/1/x"},
		"ls / | wc -l":   {"sh", "-c", "ls / | wc -l"},
		"A=1 env":        {"sh", "-c", "A=1 env"},
		"echo 'a b'":     {"sh", "-c", "echo 'a b'"},
	} {
		if got := argv(line); strings.Join(got, "\x00") != strings.Join(want, "\x00") {
			t.Errorf("%s: %q, want %q", line, got, want)
		}
	}
}
