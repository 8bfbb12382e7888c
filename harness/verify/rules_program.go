package verify

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// programRules are about the program as a whole: what it returns, its type, and where it
// attaches.
var programRules = []rule{
	{code: "return_value", says: says(`At (program exit|callback return|async callback return|subprogram exit|program) ?(?:exit)? ?the register R\d has (.*) should have been in (.*)`), text: returned, fixes: returnFix},
	{code: "return_value", says: says(`At (?:program exit|subprogram exit|callback return) the register R0 is not.*|R0 leaks addr as return value`), text: matched, fix: "return a number"},
	{code: "tail_call", says: says(`kernel subsystem misconfigured verifier`), when: isTailCall, text: fixed("bpf_tail_call is given a map of another type"), fix: tailCallFix},
	{code: "tail_call", says: says(`tail_calls? .*|expected prog array map for tail call.*`), text: matched, fix: tailCallFix},
	{code: "exception", says: says(`exception callback type id not found in func_info`), text: matched, fix: "the function that __exception_cb() names is a global one of this object that takes one u64 and returns a number"},
	{code: "btf", says: says(`.*(?:func_info|line_info|btf_vmlinux|BTF).*`), text: matched, fix: "compile with -g and a clang whose BTF this kernel knows, or strip what it does not know"},
	{code: "program_type", errno: "EINVAL", when: newerProgram, text: programTooNew, fix: "this kernel has no programs of this type: choose another at load time"},
	{code: "program_type", stage: "load", errno: "EINVAL", when: silentOfNewerSection, text: sectionTooNew, fix: olderSection},
}

const tailCallFix = "a tail call takes the context and a map of type PROG_ARRAY; with calls of functions it needs 5.10 and a JIT"

func isTailCall(f *failure) bool { return f.callee() == "bpf_tail_call" }

// oldTrampoline reports whether the program traces a function on a kernel that takes few
// kinds of functions.
func oldTrampoline(f *failure) bool { return f.Type == "Tracing" && before(6, 12)(f) }

var (
	isTnum  = regexp.MustCompile(`\((0x[0-9a-f]+); (0x[0-9a-f]+)\)`)
	isRange = regexp.MustCompile(`smin=(-?\d+)(?: smax=(-?\d+))?`)
)

// span returns a range as the verifier prints it, "[0, 1]" or the value and the unknown
// bits, "(0x0; 0x1)", in words.
func span(text string) string {
	if strings.HasPrefix(text, "unknown scalar value") {
		return "a value of which the verifier knows nothing"
	}
	if m := isRange.FindStringSubmatch(text); m != nil {
		return between(m[1], m[2])
	}
	m := isTnum.FindStringSubmatch(text)
	if m == nil {
		return text
	}
	value, _ := strconv.ParseUint(m[1], 0, 64)
	mask, _ := strconv.ParseUint(m[2], 0, 64)
	return between(strconv.FormatUint(value, 10), strconv.FormatUint(value|mask, 10))
}

func between(low, high string) string {
	if low == high || high == "" {
		if n, err := strconv.ParseInt(low, 10, 64); err == nil && n > math.MaxInt32 && n <= math.MaxUint32 {
			return fmt.Sprintf("%s (%d as an int)", low, int32(n))
		}
		return low
	}
	return low + " to " + high
}

func returned(f *failure) string {
	allowed := span(f.match[3])
	if m := regexp.MustCompile(`\[(-?\d+), (-?\d+)\]`).FindStringSubmatch(f.match[3]); m != nil {
		allowed = between(m[1], m[2])
	}
	what := "it"
	if f.callee() == "bpf_throw" {
		what = "bpf_throw() ends it, so it"
	}
	if f.match[1] == "callback return" || f.match[1] == "async callback return" {
		what = "the callback"
	}
	return fmt.Sprintf("%s returns %s, and must return %s here", what, span(f.match[2]), allowed)
}

func returnFix(f *failure) string {
	switch f.Type {
	case "LSM":
		return "an LSM hook returns 0 to allow and a negative error number, such as -EPERM, to deny (0 or 1 in lsm_cgroup); what another program returned is passed on as if (ret < 0) return -EPERM;"
	case "Tracing", "RawTracepoint", "Kprobe":
		return "return 0"
	case "CGroupSKB", "CGroupSock", "CGroupSockAddr", "CGroupDevice", "CGroupSysctl", "CGroupSockopt":
		return "return 1 to allow and 0 to deny; bound what is computed: return allowed ? 1 : 0;"
	}
	return "return a value of that range on every path; bound what is computed with an if"
}
