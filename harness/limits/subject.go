package limits

import (
	"path"
	"regexp"
	"slices"
)

// subject is one limit: how it is probed, and how its boundary is recognised.
type subject struct {
	name  string
	what  string // for the reader of a table
	kind  string // of wire.Probe
	least int    // the smallest size that makes sense
	most  int    // the largest that can be generated
	yesNo bool   // least is the one size
	heavy bool   // takes much of the verifier, for root

	target   string         // program type, as the guest names it; "" is for socket filters and things that are no program
	userKind string         // kind for an ordinary user, if another
	likely   []int          // boundaries of known kernels, ascending
	because  *regexp.Regexp // what the kernel says when it is this limit, after the errno
}

// The boundaries are of kernel/bpf/verifier.c and include/linux/{bpf,filter}.h:
// BPF_MAXINSNS, BPF_COMPLEXITY_LIMIT_{INSNS,STACK,JMP_SEQ}, MAX_BPF_STACK,
// MAX_CALL_FRAMES, BPF_MAX_SUBPROGS, MAX_TAIL_CALL_CNT, BPF_MAX_LOOPS.
var subjects = slices.Concat(general, stackTotals(), rest)

// general are limits of socket filters, the one type that an ordinary user may load.
var general = []subject{
	{name: "program_insns", what: "instructions of a program", kind: "straight_line", least: 2, most: 2 << 20, heavy: true,
		likely: []int{4096, 1_000_000}, because: regexp.MustCompile(`^E2BIG: $`)},
	{name: "processed_insns", what: "instructions the verifier goes through", kind: "processed", userKind: "paths", least: 6000, most: 2 << 20, heavy: true,
		likely: []int{131_072, 1_000_000}, because: regexp.MustCompile(`program is too (large|complex)`)},
	{name: "bounded_loop_iterations", what: "rounds of a loop of two instructions", kind: "bounded_loop", least: 2, most: 2 << 20, heavy: true,
		likely: []int{499_999}, because: regexp.MustCompile(`program is too (large|complex)`)},
	{name: "jump_sequence", what: "undecided jumps in sequence", kind: "jumps", least: 1, most: 1<<15 - 1,
		likely: []int{1025, 8193}, because: regexp.MustCompile(`jumps is too complex|program is too complex`)},
	{name: "back_edge", what: "a jump backwards", kind: "bounded_loop", least: 2, most: 2, yesNo: true,
		because: regexp.MustCompile(`back-edge`)},
	{name: "stack_bytes", what: "bytes of stack of one function", kind: "stack_byte", least: 1, most: 1 << 15,
		likely: []int{512}, because: regexp.MustCompile(`stack`)},
	{name: stackTotal, what: stackTotalWhat, kind: "stack_total", least: 257, most: 768,
		likely: []int{512}, because: regexp.MustCompile(`combined stack size`)},
}

// rest are limits that follow those of the stack in a report.
var rest = []subject{
	{name: "call_depth", what: "functions that call each other", kind: "frames", least: 2, most: 1024,
		likely: []int{8}, because: regexp.MustCompile(`call stack of \d+ frames is too deep`)},
	{name: "subprograms", what: "functions of a program", kind: "subprograms", least: 2, most: 1 << 13,
		likely: []int{256}, because: regexp.MustCompile(`too many subprograms`)},
	{name: "tail_calls", what: "tail calls in sequence", kind: "tail_calls", least: 1, most: 1 << 10,
		likely: []int{32, 33}, because: regexp.MustCompile(`falls through`)},
	{name: "bpf_loop_iterations", what: "rounds of bpf_loop", kind: "bpf_loop", least: 1, most: 1<<31 - 1,
		likely: []int{1 << 23}, because: regexp.MustCompile(`^E2BIG: $`)},
	{name: "map_key_bytes", what: "bytes of a hash map's key", kind: "map_key", least: 1, most: 1 << 26,
		likely: []int{512}, because: regexp.MustCompile(`^E2BIG: $`)},
	{name: "map_value_bytes", what: "bytes of a hash map's value", kind: "map_value", least: 1, most: 1 << 30,
		because: regexp.MustCompile(`^E2BIG: $`)},
	{name: "log_bytes", what: "bytes of the verifier's log", kind: "log", least: 128, most: 1<<32 - 1,
		likely: []int{1<<24 - 1, 1<<30 - 1}, because: regexp.MustCompile(`^EINVAL: $`)},
}

const (
	stackTotal     = "stack_bytes_total"
	stackTotalWhat = "bytes of stack over calls"
)

// stackTypes are types of programs besides socket filters, by what their limit is called.
// The kernel's rule for the stack over calls depends on the type
// (bpf_enable_priv_stack of kernel/bpf/verifier.c).
var stackTypes = []struct{ name, target string }{
	{"xdp", "XDP"}, {"tc", "SchedCLS"}, {"cgroup", "CGroupSKB"}, {"lsm", "LSM"}, {"iter", "iter"}, {"syscall", "Syscall"},
	{"kprobe", "Kprobe"}, {"tracepoint", "TracePoint"}, {"raw_tp", "RawTracepoint"}, {"perf_event", "PerfEvent"},
	{"fentry", "fentry"}, {"fexit", "fexit"}, {"tp_btf", "tp_btf"},
}

// stackTotals are the limits of the stack over calls, by type of program. Where each
// function has a stack of its own, they end where no more functions may call each other.
func stackTotals() []subject {
	var out []subject
	for _, t := range stackTypes {
		out = append(out, subject{name: stackTotal + "_" + t.name, what: stackTotalWhat, kind: "stack_chain", target: t.target, least: 1, most: 32 * 512,
			likely: []int{512, 8 * 512, 16 * 512}, because: regexp.MustCompile(`combined stack size|call stack of \d+ frames is too deep`)})
	}
	return out
}

// programType returns the type of the programs that were loaded; "" if it was none.
func (s subject) programType() string {
	switch {
	case s.target != "":
		return s.target
	case s.kind == "map_key" || s.kind == "map_value":
		return ""
	}
	return "SocketFilter"
}

// Matches reports whether a name, in which * and ? stand for others, is of a limit.
func Matches(pattern string) bool {
	return slices.ContainsFunc(Names(), func(name string) bool { return matches(pattern, name) })
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return err == nil && ok
}

// Names returns the limits that are measured, in the order of reports.
func Names() []string {
	var out []string
	for _, s := range subjects {
		out = append(out, s.name)
	}
	return out
}

func (s subject) kindFor(root bool) string {
	if !root && s.userKind != "" {
		return s.userKind
	}
	return s.kind
}
