package verify

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
)

const (
	notZero    = "compare the size with 0 before the call: if (size == 0) return 0;"
	boundIndex = "compare the index with the size just before it is used: if (i >= 32) return 0;"
	setToZero  = "set all of it before: __builtin_memset(&key, 0, sizeof(key)), as struct key key = {} may leave padding"
)

// accessRules are about memory: pointers, bounds and what was never written.
var accessRules = []rule{
	{code: "argument", says: says(`func '(\w+)' doesn't have \d+-th argument`), text: noArgument, fix: "functions differ between kernels: give BPF_PROG the function's own parameters (bpftool btf dump shows them); fexit has the return value behind the last"},
	{code: "invalid_access", says: says(`invalid bpf_context access off=(-?\d+) size=(\d+)`), text: contextAccess, fix: "not every field of a context may be read, and few written, by programs of this type, and only with the field's size: does the section name the right type?"},
	{code: "invalid_access", says: says(`variable ctx access.*|dereference of modified ctx.*`), text: func(f *failure) string {
		return matched(f) + ": the context is read at fixed offsets only"
	}, fix: "name the field; where an index chooses among fields, use a switch, or barrier_var() against clang's merging of them"},
	{code: "invalid_access", says: says(`R(\d+) invalid mem access '(?:inv|scalar)'`), when: wasPointer, text: usedLate, fixes: lateFix},
	{code: "invalid_access", says: says(`R(\d+) invalid mem access '(?:inv|scalar)'`), text: func(f *failure) string {
		return matched(f) + ": to the verifier that is a number, not a pointer, as an address of the kernel's memory is"
	}, fixes: numberFix},
	{code: "invalid_access", says: says(`R(\d+) invalid mem access '(\w*_or_null_?\w*)'`), text: func(f *failure) string {
		return "R" + f.match[1] + " may be NULL (" + f.match[2] + "): what gave it was not checked"
	}, fix: checkNull},
	{code: "invalid_access", says: says(`R(\d+) pointer arithmetic on (\w*_or_null) prohibited.*`), text: func(f *failure) string {
		return "R" + f.match[1] + " may be NULL (" + f.match[2] + ") and is added to before the check"
	}, fix: checkNull},
	{code: "invalid_access", says: says(`pointer arithmetic on (?:pkt_end|PTR_TO_PACKET_END) prohibited`), text: fixed("data_end is a limit to compare with, and no pointer to add to"), fix: "if (data + size > data_end) return XDP_PASS;"},
	{code: "invalid_access", says: says(`invalid access to packet, off=(-?\d+) size=(\d+), R\d+\(.*r=(\d+)\)`), text: outOfPacket, fixes: packetFix},
	{code: "argument", says: says(`R(\d) invalid zero-sized read.*`), when: isCall, text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is a size that may be 0, which it does not take: " + matched(f)
	}, fix: notZero},
	{code: "argument", says: says(`invalid access to (?:map value|map key|memory|packet), .*size=0\b.*`), when: isCall, text: func(f *failure) string {
		return "a size that is given to " + cmp.Or(f.callee(), "the helper") + " may be 0, which it does not take: " + matched(f)
	}, fix: notZero},
	{code: "invalid_access", says: says(`invalid access to (map value|map key|memory|flow keys), (?:value|key|mem)_size=(\d+) off=(-?\d+) size=(\d+)`), text: func(f *failure) string {
		return fmt.Sprintf("%s: it goes to offset %s with size %s, of %s bytes", matched(f), f.match[3], f.match[4], f.match[2])
	}, fix: boundIndex},
	{code: "invalid_access", says: says(`R(\d) (?:min value is negative, either use unsigned or 'var &= const'|unbounded memory access, use 'var &= const'.*|unbounded memory access, make sure.*|min value is outside.*)`), when: isCall, text: outOfArgument, fix: "make it unsigned and bound it: if (size > sizeof(buffer)) size = sizeof(buffer); or size &= 31"},
	{code: "invalid_access", says: says(`write into map forbidden.*`), text: fixed("it writes to a map that programs only read, as const volatile variables are"), fix: "make the variable no const, or the map writable"},
	{code: "invalid_access", says: says(`access beyond the end of member (\w+) .*in struct (\w+) with off \d+ size (\d+)`), text: func(f *failure) string {
		return f.match[3] + " bytes go beyond the end of member " + f.match[1] + " of struct " + f.match[2]
	}, fix: "give the size of the member, as sizeof() has it, or read with bpf_probe_read_kernel()"},
	{code: "invalid_access", says: says(`access beyond (?:struct (\w+) at off (\d+) size (\d+)|the end of member (\w+).*)`), text: func(f *failure) string {
		return matched(f) + ": the kernel's type ends before"
	}, fix: "the struct is another in this kernel: mark it preserve_access_index (CO-RE), or read with bpf_probe_read_kernel()"},
	{code: "invalid_access", says: says(`cannot access ptr member (\w+) .*in struct (\w+).*`), text: func(f *failure) string {
		return "member " + f.match[1] + " of struct " + f.match[2] + " is a pointer, and read in part only"
	}, fix: "read it as a pointer, with its whole size"},
	{code: "invalid_access", says: says(`R\d is (?:ptr_)?(\w+) access (user|percpu) memory.*`), text: func(f *failure) string {
		return "the pointer is to " + f.match[2] + " memory, which is not followed directly"
	}, fix: "bpf_probe_read_user() reads a process's memory; bpf_per_cpu_ptr() and bpf_this_cpu_ptr() give the address on one CPU"},
	{code: "invalid_access", says: says(`cannot write into packet|the prog does not allow writes to packet data`), text: func(f *failure) string {
		return "programs of type " + f.Type + " only read packets"
	}, fix: "change packets in XDP or tc"},
	{code: "invalid_access", says: says(`helper access to the packet is not allowed`), text: func(f *failure) string {
		return cmp.Or(f.callee(), "the helper") + " takes no pointer into a packet"
	}, fix: "copy the bytes to the stack first"},
	{code: "invalid_access", says: says(`same insn cannot be used with different pointers`), text: func(f *failure) string {
		return matched(f) + ": clang merged accesses to memory of two kinds into one instruction"
	}, fix: "keep the accesses apart: a function with __noinline each, or barrier() between the branches"},
	{code: "invalid_access", says: says(`R(\d) unbounded memory access, make sure to bounds check any such access|R(\d) unbounded memory access, make sure to bounds check any array access.*`), text: func(f *failure) string {
		return matched(f) + ": the index into it has no upper bound that the verifier knows"
	}, fix: boundIndex},
	{code: "invalid_access", says: says(`only read (?:from \S+ )?is supported`), text: fixed("it writes to the kernel's memory, which programs only read"), fix: "keep the value in a map or a local copy; what may be changed has a helper or a kernel function for it"},
	{code: "invalid_access", says: says(`R(\d+) cannot write into (\S+)`), text: func(f *failure) string {
		return "R" + f.match[1] + " points to " + f.match[2] + ", which programs only read"
	}, fix: "write to a copy on the stack"},
	{code: "argument", says: says(`invalid (?:indirect )?read from stack (?:R\d+ )?(?:off|var_off) (\S+)\+(\d+) size (\d+)`), when: readsDynptr, text: func(f *failure) string {
		return cmp.Or(f.callee(), "the program") + " reads a dynptr as if it were data"
	}, fix: "leave the dynptr in its variable on the stack, and copy what it points to: bpf_dynptr_read(), bpf_dynptr_data()"},
	{code: "uninitialised", says: says(`invalid (?:indirect )?read from stack (?:R\d+ )?(?:off|var_off) (\S+)\+(\d+) size (\d+)`), text: func(f *failure) string {
		return fmt.Sprintf("byte %s of the %s that %s reads at %s of the stack was never written: a variable without a value, or the padding of a struct",
			f.match[2], f.match[3], cmp.Or(f.callee(), "the program"), f.match[1])
	}, fix: setToZero},
	{code: "invalid_access", says: says(`invalid (?:indirect access to|write to|read from|stack type) ?(?:stack )?R(\d+) off=(-\d+) (?:access_)?size=(\d+)`), text: func(f *failure) string {
		return fmt.Sprintf("%s bytes at %s of the stack: %s takes more than there is from there to its end", f.match[3], f.match[2], cmp.Or(f.callee(), "the program"))
	}, fix: "give the size of the variable, sizeof(buffer), not more"},
	{code: "invalid_access", says: says(`(?:invalid variable-offset|invalid unbounded variable-offset).* stack.*|variable stack (?:access|read).*`), text: func(f *failure) string {
		return "an array on the stack is indexed by what the verifier knows no bounds of: " + matched(f)
	}, fix: boundIndex + " Before 5.12 use a per-CPU array map in place of the stack"},
	{code: "invalid_access", says: says(`math between (fp|stack|map_value|pkt|ctx) pointer and register with unbounded (?:min|max) value is not allowed|math between (\w+) pointer and (-?\d+) is not allowed|value -?\d+ makes \w+ pointer be out of bounds`), text: func(f *failure) string {
		return "what is added to the pointer has no bounds that the verifier knows: " + matched(f)
	}, fix: boundIndex},
	{code: "invalid_access", says: says(`R(\d+) (?:pointer (?:arithmetic|comparison|\S+ pointer).*prohibited.*|\S+ pointer .* prohibited.*|32-bit pointer arithmetic prohibited)`), text: func(f *failure) string {
		return matched(f)
	}, fix: "compute offsets as numbers, and add or subtract them to the pointer once, after their bounds are checked"},
	{code: "alignment", says: says(`misaligned .* access .*`), text: matched, fix: "read it bytewise, or mark the struct __attribute__((packed)) so that clang does"},
	{code: "invalid_access", says: says(`.*(?:unbounded memory access|min value is (?:negative|outside)|max value is outside).*`), text: matched, fix: boundIndex},
	{code: "invalid_access", says: says(`dereference of modified (\S+) ptr R\d+ off=-?\d+ disallowed`), text: func(f *failure) string {
		return matched(f) + ": the pointer was changed after it was got"
	}, fix: "check it for NULL and use it as it was got, not one computed from it"},
	{code: "invalid_access", says: says(`R\d+ invalid mem access 'dynptr_ptr'`), text: matched, fix: "read and write what a dynptr is of with bpf_dynptr_read(), bpf_dynptr_write() and bpf_dynptr_data()"},
	{code: "invalid_access", says: says(`(?m)^.*(?:invalid access to|invalid mem access|dereference of modified|invalid read from|invalid write to|access user memory|negative access).*$`), text: matched, fix: "check pointers for NULL and offsets against their bounds before they are used"},
	{code: "uninitialised", says: says(`R0 !read_ok`), when: isExit, text: fixed("a path ends without a value to return (R0 !read_ok)"), fix: "return a value on every path"},
	{code: "uninitialised", says: says(`R(\d+) !read_ok`), text: func(f *failure) string {
		return matched(f) + ": the register is read before anything is written to it, or after a call, which clears R1 to R5"
	}, fix: "initialise the variable on every path"},
}

// isLast returns a condition: the verifier gave up at an instruction like this.
func isLast(like *expression) func(*failure) bool {
	return func(f *failure) bool {
		_, insn := source(probe.Terse(f.log))
		return like.MatchString(insn)
	}
}

var (
	isCall  = isLast(says(`\(85\) call`))
	isExit  = isLast(says(`\(95\) exit`))
	isStore = isLast(says(`\([0-9a-f]{2}\) (?:lock )?\*\(`))
)

// outOfPacket says which bytes of a packet are read, and how many the program made sure of.
func outOfPacket(f *failure) string {
	return fmt.Sprintf("%s: it made sure of %s bytes of the packet, and goes to offset %s with size %s", matched(f), f.match[3], f.match[1], f.match[2])
}

// passes are what programs return to let a packet go on.
var passes = map[string]string{"XDP": "XDP_PASS", "SchedCLS": "TC_ACT_OK", "SchedACT": "TC_ACT_OK", "CGroupSKB": "1", "SkSKB": "SK_PASS", "SkMsg": "SK_PASS"}

func packetFix(f *failure) string {
	off, _ := strconv.Atoi(f.match[1])
	size, _ := strconv.Atoi(f.match[2])
	if off+size < 1<<15 && strings.Contains(matched(f), "(id=0,") {
		return fmt.Sprintf("compare with data_end first: if (data + %d > data_end) return %s;", off+size, cmp.Or(passes[f.Type], "0"))
	}
	return "bound the variable part of the offset with an if (to less than 65535 in all), add it once, and compare that pointer with data_end before it is used"
}

// outOfArgument says which argument of a call has no bounds: a size, or an address.
func outOfArgument(f *failure) string {
	if strings.Contains(matched(f), "var &= const") {
		return f.ordinal(f.match[1]) + " is a size that may be too large or negative: " + matched(f)
	}
	return f.ordinal(f.match[1]) + " may be out of its memory's bounds: " + matched(f)
}

func contextAccess(f *failure) string {
	verb := "reads"
	if isStore(f) {
		verb = "writes"
	}
	return fmt.Sprintf("%s: it %s %s bytes at offset %s of the context, which programs of type %s may not", matched(f), verb, f.match[2], f.match[1], f.Type)
}

var contextAt = says(`invalid bpf_context access off=(\d+)`)

// noArgument names a function's argument by the offset in the context: kernels from 5.11
// on count one too many in their message.
func noArgument(f *failure) string {
	text := f.match[1] + " has fewer arguments than the program reads"
	if m := lastMatch(contextAt, f.log); m != nil {
		off, _ := strconv.Atoi(m[1])
		text += fmt.Sprintf(": it has no argument %d", off/8+1)
	}
	return text + " on this kernel"
}

// networking are types of programs that have packets, and no pointers to the kernel's
// memory at hand.
var networking = []string{"XDP", "SchedCLS", "SchedACT", "CGroupSKB", "SocketFilter", "SkSKB", "LWTIn", "LWTOut", "LWTXmit"}

func numberFix(f *failure) string {
	if slices.Contains(networking, f.Type) {
		return "a pointer becomes a number in 32-bit or bitwise arithmetic, and after a helper that changes the packet: read data and data_end again after it; kernel memory is read with bpf_probe_read_kernel() or BPF_CORE_READ()"
	}
	return "read the kernel's memory with bpf_probe_read_kernel() or BPF_CORE_READ(), a process's with bpf_probe_read_user(); arguments of tp_btf, fentry and LSM programs are pointers that can be followed"
}

// readsDynptr reports whether what is read of the stack, at the offset that the rule found, is a
// dynptr.
func readsDynptr(f *failure) bool {
	return says(`\bfp` + regexp.QuoteMeta(f.match[1]) + `(?:_\w+)?=dynptr_`).MatchString(f.log)
}
