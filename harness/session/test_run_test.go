package session

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/btf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/wire"
)

var (
	xdpProgram = &ebpf.ProgramSpec{Name: "p", Type: ebpf.XDP}
	testErrors = []wire.RunError{{Number: 22, Name: "EINVAL", Text: "invalid argument"}, {Number: 524, Name: "ENOTSUPP", Text: "not supported", Lacking: true}, {Number: 12, Name: "ENOMEM", Text: "no memory"}}
)

func TestJudgeTestRun(t *testing.T) {
	drop := &lab.Return{Value: 1, Name: "XDP_DROP"}
	input := []byte{1, 2, 3}
	frame := []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 8, 0, 0x45}
	bare := append(make([]byte, 14), 0x45)
	for _, tt := range []struct {
		name string
		want lab.TestRun
		seen tested
		ok   bool
		says string
	}{
		{"as wanted", lab.TestRun{Returns: drop}, tested{ran: []wire.Ran{{Returned: 1}}}, true, "returned XDP_DROP (1)"},
		{"another", lab.TestRun{Returns: drop}, tested{ran: []wire.Ran{{Returned: 2}}}, false, "returned XDP_PASS (2)"},
		{"negative", lab.TestRun{Returns: &lab.Return{Value: -1}}, tested{ran: []wire.Ran{{Returned: 0xffffffff}}}, true, "returned -1"},
		{"unchanged", lab.TestRun{Same: true}, tested{ran: []wire.Ran{{Same: true}}}, true, "3 bytes as wanted"},
		{"changed", lab.TestRun{Returns: drop, Same: true}, tested{ran: []wire.Ran{{Returned: 1, Out: []byte{1, 2, 4}}}}, false, "returned XDP_DROP (1); a packet of 3 bytes, which differs from byte 2 on: 010204"},
		{"shorter", lab.TestRun{Same: true}, tested{ran: []wire.Ran{{Out: input[:1]}}}, false, "a packet of 1 bytes, which differs from byte 1 on"},
		{"made", lab.TestRun{Out: lab.Hex{9}}, tested{outs: [][]byte{{9}}, ran: []wire.Ran{{Out: []byte{9}}}}, true, "1 bytes as wanted"},
		{"no such packet", lab.TestRun{Returns: drop}, tested{ran: []wire.Ran{{Error: 22}}}, false, "the packet has 3 bytes, and kernels take 14"},
		{"no such kernel", lab.TestRun{Returns: drop}, tested{ran: []wire.Ran{{Error: 524}}}, false, "when: says"},
		{"another error", lab.TestRun{Returns: drop}, tested{ran: []wire.Ran{{Error: 12}}}, false, "did not run it: no memory"},
		{"nothing ran", lab.TestRun{Returns: drop}, tested{}, false, "0 of 1 packets were run"},
		{"a lookup on an old kernel", lab.TestRun{Returns: drop}, tested{program: &ebpf.ProgramSpec{Type: ebpf.SkLookup}, ran: []wire.Ran{{Error: 524}}}, false, "Linux 5.13 is the first that does"},
		{"without its header", lab.TestRun{Same: true}, tested{program: &ebpf.ProgramSpec{Type: ebpf.CGroupSKB}, inputs: [][]byte{frame}, ran: []wire.Ran{{Out: bare}}}, true, "15 bytes as wanted"},
		{"the same of XDP", lab.TestRun{Same: true}, tested{inputs: [][]byte{frame}, ran: []wire.Ran{{Out: bare}}}, false, "differs from byte 0 on"},
		{"the second of a file", lab.TestRun{Returns: drop, PCAP: "a.pcap"}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Returned: 2}}}, false, "a.pcap: packet 2: returned XDP_PASS (2)"},
		{"one of a file is too long", lab.TestRun{Returns: drop, PCAP: "a.pcap", Number: 7}, tested{inputs: [][]byte{make([]byte, 65536)}, ran: []wire.Ran{{Error: 22}}}, false, "a.pcap: packet 7: the kernel did not run it: invalid argument; the packet has 65536 bytes"},
		{"all of a file", lab.TestRun{Returns: drop, PCAP: "a.pcap"}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Returned: 1}}}, true, "2 packets: XDP_DROP (1) 2"},
		{"counted", lab.TestRun{Returned: map[string]int{"XDP_DROP": 1, "XDP_TX": 0}}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Returned: 2}}}, true, "2 packets: XDP_DROP (1) 1, XDP_PASS (2) 1"},
		{"counted otherwise", lab.TestRun{Returned: map[string]int{"XDP_DROP": 2}}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Returned: 2}}}, false, "XDP_PASS (2) 1"},
		{"fuzz", lab.TestRun{Fuzz: 2}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Error: 22}}}, true, "XDP_DROP (1) 1; not run 1 of 3 to 3 bytes: invalid argument, as kernels take 14 and more"},
		{"fuzz that ran nothing", lab.TestRun{Fuzz: 1}, tested{ran: []wire.Ran{{Error: 22}}, inputs: [][]byte{input}}, false, "not run 1"},
		{"fuzz that must drop", lab.TestRun{Fuzz: 2, Returns: drop}, tested{inputs: [][]byte{input, input}, ran: []wire.Ran{{Returned: 1}, {Returned: 2}}}, false, "packet 2 (010203): returned XDP_PASS (2)"},
		{"a context", lab.TestRun{ContextOut: lab.Fields{"mark": int64(7)}}, tested{ran: []wire.Ran{{Same: true}}, after: map[string]any{"mark": uint64(7), "cb": []any{}}}, true, "the context has {mark: 7}"},
		{"another context", lab.TestRun{ContextOut: lab.Fields{"mark": int64(7)}}, tested{ran: []wire.Ran{{Same: true}}, after: map[string]any{"mark": uint64(8)}}, false, "the context has {mark: 8}"},
	} {
		if tt.seen.inputs == nil {
			tt.seen.inputs = [][]byte{input}
		}
		if tt.seen.program == nil {
			tt.seen.program = xdpProgram
		}
		tt.seen.result.Errors = testErrors
		if ok, says := judgeTestRun(tt.want, tt.seen); ok != tt.ok || !strings.Contains(says, tt.says) {
			t.Errorf("%s: %v, %q, want %v, %q", tt.name, ok, says, tt.ok, tt.says)
		}
	}
}

// fuzzedOn returns what a check came to on a kernel: the return values of its packets, -1 for
// one that was not run.
func fuzzedOn(kernel string, want *lab.TestRun, returned ...int) FuzzedOn {
	seen := tested{program: xdpProgram}
	for i, r := range returned {
		seen.inputs = append(seen.inputs, []byte{byte(i)})
		ran := wire.Ran{Returned: uint32(r), Same: true}
		if r < 0 {
			ran = wire.Ran{Error: 22}
		}
		seen.ran = append(seen.ran, ran)
	}
	step := verdict.Step{Name: "s", Verdict: verdict.Pass, Checks: []verdict.Check{{Verdict: verdict.Pass}}}
	cell := &verdict.Cell{Verdict: verdict.Pass, Steps: []verdict.Step{step}, Attempts: []verdict.Attempt{{Verdict: verdict.Pass}}}
	return FuzzedOn{kernel, []Fuzzed{{"s", 0, want, seen}}, cell, "bpflab check --kernel %s"}
}

func TestCompareFuzzed(t *testing.T) {
	want := &lab.TestRun{Program: "p", Fuzz: 3, Seed: 9}
	for _, tt := range []struct {
		name string
		all  []FuzzedOn
		bad  []int
		says string
	}{
		{"the same", []FuzzedOn{fuzzedOn("5.10", want, 1, 2, 2), fuzzedOn("6.1", want, 1, 2, 2)}, nil, ""},
		{"the newest is different", []FuzzedOn{fuzzedOn("5.10", want, 1, 2, 2), fuzzedOn("6.1", want, 1, 2, 2), fuzzedOn("6.12", want, 1, 1, 1)}, []int{2},
			"2 of 3 packets of seed 9 come out otherwise; packet 2: 6.12: returned XDP_DROP (1); on 6.1 returned XDP_PASS (2); again: bpflab check --kernel 6.1,6.12; packet: 01"},
		{"one differs from both", []FuzzedOn{fuzzedOn("5.10", want, 1), fuzzedOn("6.1", want, 2), fuzzedOn("6.12", want, 1)}, []int{1, 2}, "on 6.1 returned XDP_PASS"},
		{"not run is no difference", []FuzzedOn{fuzzedOn("5.10", want, 1, 2), fuzzedOn("6.1", want, -1, 2)}, nil, ""},
		{"the kernel between did not run it", []FuzzedOn{fuzzedOn("5.10", want, 1), fuzzedOn("6.1", want, -1), fuzzedOn("6.12", want, 2)}, []int{2}, "on 5.10 returned XDP_DROP"},
		{"after others that only one ran", []FuzzedOn{fuzzedOn("5.10", want, 1, 1), fuzzedOn("6.1", want, -1, 2)}, []int{1}, "only one of the two kernels has run 1 packets before"},
	} {
		bad := CompareFuzzed(tt.all)
		if len(bad) != len(tt.bad) {
			t.Errorf("%s: %v, want %v", tt.name, bad, tt.bad)
			continue
		}
		for i, at := range bad {
			cell := tt.all[at].Cell
			if at != tt.bad[i] || cell.Verdict != verdict.Fail || cell.Steps[0].Verdict != verdict.Fail || cell.Steps[0].Checks[0].Verdict != verdict.Fail {
				t.Errorf("%s: cell %d: %+v", tt.name, at, cell)
			}
		}
		if len(bad) > 0 {
			if seen := tt.all[bad[len(bad)-1]].Cell.Steps[0].Seen; !strings.Contains(seen, tt.says) {
				t.Errorf("%s: %q, want %q", tt.name, seen, tt.says)
			}
		}
	}
}

func TestCompareFuzzedAlone(t *testing.T) {
	one := fuzzedOn("6.1", &lab.TestRun{Fuzz: 1}, 1)
	if bad := CompareFuzzed([]FuzzedOn{one}); len(bad) != 0 || len(one.Cell.Warnings) != 1 || !strings.Contains(one.Cell.Warnings[0], "compared with nothing") {
		t.Errorf("%v, warnings %q", bad, one.Cell.Warnings)
	}
}

func TestCompareFuzzedMaps(t *testing.T) {
	want := &lab.TestRun{Program: "p", Fuzz: 1, Seed: 9, Maps: []string{"m"}}
	a, b := fuzzedOn("5.10", want, 1), fuzzedOn("6.1", want, 1)
	entry := func(value byte) map[string]wire.MapResult {
		return map[string]wire.MapResult{"m": {Entries: []wire.MapEntry{{Key: []byte{1}, Values: [][]byte{{value}}}}}}
	}
	a.Fuzzed[0].seen.maps, b.Fuzzed[0].seen.maps = entry(1), entry(1)
	if bad := CompareFuzzed([]FuzzedOn{a, b}); len(bad) != 0 {
		t.Errorf("the same maps: %q", b.Cell.Steps[0].Seen)
	}
	b.Fuzzed[0].seen.maps = entry(2)
	if bad := CompareFuzzed([]FuzzedOn{a, b}); len(bad) != 1 || !strings.Contains(b.Cell.Steps[0].Seen, "the map m is another one: 6.1 has 01: [02], 5.10 has 01: [01]") {
		t.Errorf("other maps: %q", b.Cell.Steps[0].Seen)
	}
}

func TestPutField(t *testing.T) {
	u32 := &btf.Int{Size: 4}
	skb := &btf.Struct{Name: "__sk_buff", Size: 32, Members: []btf.Member{
		{Name: "len", Type: u32}, {Name: "mark", Type: u32, Offset: 32}, {Name: "cb", Type: &btf.Array{Type: u32, Nelems: 5}, Offset: 64},
		{Type: &btf.Union{Size: 4, Members: []btf.Member{{Name: "inner", Type: u32}}}, Offset: 224}}}
	for _, tt := range []struct {
		path  string
		value any
		want  string // of the bytes from offset 4 on, or the error
	}{
		{"mark", int64(0x01020304), "04030201"},
		{"mark", int64(-1), "ffffffff"},
		{"mark", "10.77.0.2", "0a4d0002"},
		{"cb[1]", int64(5), "000000000000000005"},
		{"inner", int64(1), strings.Repeat("00", 24) + "01"},
		{"mark", int64(1 << 32), "mark: the value does not fit into it"},
		{"mrak", int64(1), `struct __sk_buff has no field "mrak"; did you mean "mark"?`},
		{"cb[5]", int64(1), `has no field "cb[5]"`},
		{"mark", "fd00::1", "no IP address of 4 bytes"},
		{"mark", true, "want a whole number"},
	} {
		context := make([]byte, 32)
		got := ""
		if err := putField(&context, skb, tt.path, tt.value, binary.LittleEndian); err != nil {
			got = err.Error()
		} else {
			got = shownPacket(context[4:])
		}
		if !strings.Contains(got, tt.want) {
			t.Errorf("%s = %v: %s, want %s", tt.path, tt.value, got, tt.want)
		}
	}
	var arguments []byte
	if err := putField(&arguments, &btf.Int{Size: 8}, "arg1", int64(7), binary.BigEndian); err != nil || shownPacket(arguments) != "00000000000000000000000000000007" {
		t.Errorf("arguments %x, error %v", arguments, err)
	}
}
