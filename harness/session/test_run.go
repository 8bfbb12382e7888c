package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/cilium/ebpf"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/vms/wire"
)

// tested is what a program was run on, and what came out.
type tested struct {
	program *ebpf.ProgramSpec
	inputs  [][]byte
	outs    [][]byte // wanted
	ran     []wire.Ran
	result  wire.TestRunsResult
	maps    map[string]wire.MapResult // of fuzz
	after   any                       // the context, decoded
}

// testRuns runs the programs that checks want run on packets, in the order of the checks.
func (st *step) testRuns(ctx context.Context) error {
	st.seen.tests = map[*lab.TestRun]tested{}
	for _, c := range st.checks {
		if c.TestRun == nil {
			continue
		}
		seen, err := st.testRun(ctx, c.TestRun)
		if err != nil {
			return err
		}
		st.seen.tests[c.TestRun] = seen
	}
	return nil
}

func (st *step) testRun(ctx context.Context, r *lab.TestRun) (tested, error) {
	inputs, err := r.Inputs()
	if err != nil {
		return tested{}, err // which the document's parser refused
	}
	made, err := newTestCall(st.seen.spec, r, inputs)
	if err != nil {
		return tested{}, &finding{expected: r.Program + " can be run so", seen: err.Error()}
	}
	seen := tested{program: st.seen.spec.Programs[r.Program], inputs: inputs, outs: r.Outs()}
	var data []byte
	for _, p := range made.packets {
		data = wire.AppendPacket(data, p)
	}
	var out bytes.Buffer
	err = st.call(ctx, wire.OpTestRun, made.args, &seen.result, wire.IO{In: bytes.NewReader(data), Stdout: &out})
	if err != nil {
		return tested{}, asFinding("run "+r.Program, &duringRun{r.Program, err})
	}
	for range seen.result.Ran {
		ran, err := wire.ReadRan(&out)
		if err != nil {
			return tested{}, &wire.ProtocolError{Msg: "test run: " + err.Error()}
		}
		seen.ran = append(seen.ran, ran)
	}
	if made.contextType != nil && len(seen.result.Context) > 0 {
		seen.after = decode(made.contextType, seen.result.Context, byteOrder(st.seen.spec))
	}
	seen.maps, err = st.fuzzedMaps(ctx, r)
	return seen, err
}

// fuzzedMaps reads the maps that are compared between kernels.
func (st *step) fuzzedMaps(ctx context.Context, r *lab.TestRun) (map[string]wire.MapResult, error) {
	out := map[string]wire.MapResult{}
	for _, name := range r.Maps {
		var res wire.MapResult
		if err := st.call(ctx, wire.OpMap, wire.MapRead{Name: name}, &res, wire.IO{}); err != nil {
			return nil, asFinding("read the map "+name, err)
		}
		out[name] = res
	}
	return out, nil
}

// duringRun is an error that ended the run of a program by the kernel.
type duringRun struct {
	program string
	err     error
}

func (e *duringRun) Error() string { return e.err.Error() }
func (e *duringRun) Unwrap() error { return e.err }

// endless returns the result of a step in which a program did not end, false if it did.
func endless(err, cause error) (expected, seen string, ok bool) {
	var during *duringRun
	if !errors.As(err, &during) {
		return "", "", false
	}
	expected = "program " + during.program + " ends"
	switch {
	case errors.Is(err, ErrHang):
		return expected, "the kernel was still running it when the machine fell silent: it does not end, or not soon, and keeps its processor to itself", true
	case errors.Is(cause, errStepTimeout):
		return expected, "the kernel was still running it when the step's time was over", true
	}
	return "", "", false
}

// judgeTestRun compares what came out of a program.
func judgeTestRun(want lab.TestRun, seen tested) (bool, string) {
	if len(seen.ran) == 0 || len(seen.ran) < len(seen.inputs) {
		return false, fmt.Sprintf("%d of %d packets were run", len(seen.ran), len(seen.inputs))
	}
	last := ""
	for i, ran := range seen.ran {
		if ran.Error != 0 && want.Fuzz > 0 {
			continue
		}
		ok, text := seen.judge(want, i)
		if !ok {
			return false, seen.which(want, i) + text
		}
		last = text
	}
	if want.Returned != nil || len(seen.ran) > 1 || want.Fuzz > 0 {
		return seen.counted(want)
	}
	if len(want.ContextOut) == 0 {
		return true, last
	}
	return matches(seen.after, want.ContextOut), joined(last, "the context has "+shownFields(seen.after, want.ContextOut))
}

// shownFields prints those fields of a decoded value that are wanted.
func shownFields(v any, want map[string]any) string {
	some := map[string]any{}
	for name := range want {
		some[name] = part(v, name)
	}
	return show(some)
}

// which names a packet among several.
func (t tested) which(want lab.TestRun, i int) string {
	number := i + 1
	switch {
	case want.Number > 0:
		number = want.Number
	case len(t.ran) == 1 && want.PCAP == "":
		return ""
	}
	text := fmt.Sprintf("packet %d", number)
	if want.PCAP != "" && want.Fuzz == 0 {
		text = want.PCAP + ": " + text
	}
	if want.Fuzz > 0 {
		text += fmt.Sprintf(" (%s)", shownPacket(t.inputs[i]))
	}
	return text + ": "
}

// judge compares what came of one packet, or of the context alone.
func (t tested) judge(want lab.TestRun, i int) (bool, string) {
	ran := t.ran[i]
	if ran.Error != 0 {
		e := t.error(ran.Error)
		return false, "the kernel did not run it: " + e.Text + whyNotRun(t, e, i, len(want.Context) > 0)
	}
	ok, text := true, "returned "+t.named(ran.Returned, want).String()
	if want.Returns != nil {
		ok = int32(ran.Returned) == want.Returns.Value
	}
	var wanted []byte
	switch {
	case want.Same:
		wanted = t.inputs[i]
	case i < len(t.outs):
		wanted = t.outs[i]
	default:
		return ok, text
	}
	got := t.packetAfter(i)
	if losesHeader(t.program) {
		wanted, got = withoutHeader(wanted), withoutHeader(got)
	}
	same := bytes.Equal(wanted, got)
	return ok && same, joined(text, packetSeen(wanted, got))
}

// packetAfter returns the packet with an index as the program left it.
func (t tested) packetAfter(i int) []byte {
	if t.ran[i].Same {
		return t.inputs[i]
	}
	return t.ran[i].Out
}

// withoutHeader returns a frame with zeros for its Ethernet header, as kernels give it back
// where the program does not see that.
func withoutHeader(frame []byte) []byte {
	out := slices.Clone(frame)
	clear(out[:min(len(out), ethernetHeader)])
	return out
}

// named returns a return value with its name.
func (t tested) named(returned uint32, want lab.TestRun) lab.Return {
	if want.Returns != nil {
		return want.Returns.Like(int32(returned))
	}
	return lab.NamedReturn(kindOfReturn(t.program), int32(returned))
}

// error returns what the number of an error means.
func (t tested) error(number uint16) wire.RunError {
	for _, e := range t.result.Errors {
		if e.Number == number {
			return e
		}
	}
	return wire.RunError{Number: number, Text: fmt.Sprintf("error %d", number)}
}

// counted judges how many packets came to what, and says so.
func (t tested) counted(want lab.TestRun) (bool, string) {
	byReturn, byError := map[int32]int{}, map[uint16]int{}
	for _, ran := range t.ran {
		if ran.Error != 0 {
			byError[ran.Error]++
		} else {
			byReturn[int32(ran.Returned)]++
		}
	}
	text := fmt.Sprintf("%d packets:", len(t.ran))
	for i, value := range sortedKeys(byReturn) {
		if i > 0 {
			text += ","
		}
		text += fmt.Sprintf(" %s %d", t.named(uint32(value), want), byReturn[value])
	}
	for _, number := range sortedKeys(byError) {
		e := t.error(number)
		least, most := t.lengths(number)
		text += fmt.Sprintf("; not run %d of %d to %d bytes: %s", byError[number], least, most, e.Text)
		if e.Name == "EINVAL" {
			text += ", as " + limitsOf(t.program)
		} else {
			text += whyNotRun(t, e, -1, false)
		}
	}
	ok := len(byReturn) > 0
	for name, n := range want.Returned {
		var r lab.Return
		if err := r.UnmarshalText([]byte(name)); err != nil || byReturn[r.Value] != n {
			ok = false
		}
	}
	return ok, text
}

// lengths returns how long the packets were, least and most, that were not run for an error.
func (t tested) lengths(number uint16) (least, most int) {
	least = -1
	for i, ran := range t.ran {
		if ran.Error != number || i >= len(t.inputs) {
			continue
		}
		n := len(t.inputs[i])
		if least < 0 || n < least {
			least = n
		}
		most = max(most, n)
	}
	return max(least, 0), most
}

func sortedKeys[K int32 | uint16, V any](m map[K]V) []K {
	var out []K
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

// packetSeen says how a packet differs from what was wanted of it.
func packetSeen(want, got []byte) string {
	if bytes.Equal(want, got) {
		return fmt.Sprintf("a packet of %d bytes as wanted", len(got))
	}
	at := 0
	for at < min(len(want), len(got)) && want[at] == got[at] {
		at++
	}
	return fmt.Sprintf("a packet of %d bytes, which differs from byte %d on: %s", len(got), at, shownPacket(got))
}

// maxShown is how many bytes of a packet are shown.
const maxShown = 2048

func shownPacket(p []byte) string {
	if len(p) > maxShown {
		return fmt.Sprintf("%x… (%d bytes in all)", p[:maxShown], len(p))
	}
	return fmt.Sprintf("%x", p)
}

// limitsOf says which packets kernels take, as measured and as in net/bpf/test_run.c: what is
// left of a page at most.
func limitsOf(p *ebpf.ProgramSpec) string {
	if p.Type == ebpf.XDP {
		return "kernels take 14 and more of XDP (5.10 1 and more), and at most some 3500, from 5.18 on some 70000"
	}
	return "kernels take 14 and more, those of today (5.10 too) for IPv4 34 and for IPv6 54, and at most some 3700"
}

// whyNotRun says what a kernel may have against running a program on a packet.
func whyNotRun(t tested, e wire.RunError, i int, context bool) string {
	rule := runRuleOf(t.program)
	switch {
	case e.Lacking:
		why := "; when: says for which kernels the check is"
		if rule.since != "" {
			why = "; Linux " + rule.since + " is the first that does" + rule.note + why
		}
		return why
	case e.Name == "EINVAL" && context && rule.context != "":
		return "; " + rule.context
	case e.Name == "EINVAL" && i >= 0 && i < len(t.inputs):
		return fmt.Sprintf("; the packet has %d bytes, and %s", len(t.inputs[i]), limitsOf(t.program))
	case e.Name == "EINVAL":
		return "; a context may be missing, or too short for what the program reads of it"
	case e.Name == "EAFNOSUPPORT":
		return "; family in context must be 2 (IPv4) or 10 (IPv6)"
	}
	return ""
}

// kindOfReturn returns what the names of a program's return values begin with.
func kindOfReturn(p *ebpf.ProgramSpec) string {
	if p == nil {
		return ""
	}
	switch p.Type {
	case ebpf.XDP:
		return "XDP"
	case ebpf.SchedCLS, ebpf.SchedACT:
		return "TC_ACT"
	case ebpf.SkLookup, ebpf.CGroupSKB:
		return "SK"
	case ebpf.Netfilter:
		return "NF"
	case ebpf.LWTIn, ebpf.LWTOut, ebpf.LWTXmit, ebpf.LWTSeg6Local, ebpf.FlowDissector:
		return "BPF"
	}
	return strings.ToUpper(p.Type.String())
}
