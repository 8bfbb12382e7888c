package verify

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/cilium/ebpf"
	"github.com/cilium/ebpf/asm"

	"github.com/bpflab/bpflab/harness/upstream"
)

// callRules are about helpers and kernel functions, who may call them, and what with.
var callRules = []rule{
	{code: "sleepable", says: says(`unknown func (bpf_copy_from_user(?:_task)?)#\d+`), text: func(f *failure) string {
		return f.match[1] + " may sleep, and the program is not one that may"
	}, fixes: sleepableFix},
	{code: "helper", says: says(`(?:invalid|unknown) func (?:(bpf_\w+|unknown)#)?(\d+)`), text: unknownHelper, fixes: unknownHelperFix},
	{code: "helper", says: says(`program of this type cannot use helper (bpf_\w+)#\d+`), when: isStructOps, text: func(f *failure) string {
		return f.match[1] + " is not for this operation, and may be for others of the same struct"
	}, fix: "call it in an operation that has it: the verifier decides for each member of the struct by itself"},
	{code: "helper", says: says(`program of this type cannot use helper (bpf_\w+)#\d+`), text: func(f *failure) string {
		return f.match[1] + " is not for programs of type " + f.Type
	}, fixes: func(f *failure) string { return otherHelper(f, f.match[1]) }},
	{code: "licence", says: says(`cannot call GPL-restricted function from non-GPL compatible program|cannot call kernel function from non-GPL compatible program|Cannot access kernel 'struct \w+' from non-GPL compatible program|(?:LSM|struct ops) programs must have a GPL compatible license`), text: licence, fixes: licenceFix},
	{code: "sleepable", says: says(`helper call(?: \(.*\))? might sleep in a? ?non-sleepable prog|sleepable helper \S+ in .*non-sleepable.*|program must be sleepable to call sleepable kfunc \w+`), text: func(f *failure) string {
		return cmp.Or(f.callee(), "a function") + " may sleep, and the program is not one that may"
	}, fixes: sleepableFix},
	{code: "sleepable", says: says(`sleepable (?:helper|kfunc) \S+ (?:within|in) .*|kernel func \S+ is sleepable within .*`), text: matched, fix: "call it before the lock, or after it is released"},
	{code: "sleepable", says: says(`Sleepable programs can only use .* maps|Only .* programs can be sleepable`), text: matched, fix: "leave the .s out of the section's name, or the map out of this program"},
	{code: "helper", says: says(`helper call is not allowed in probe|func (\S+?)#\d+ (?:supported only for|not supported for program type) .*`), text: matched, fix: "use another helper, or a program of a type that has it"},
	{code: "map", says: says(`cannot pass map_type (\d+) into func (\S+?)#\d+`), text: func(f *failure) string {
		n, _ := strconv.Atoi(f.match[1])
		return f.match[2] + " does not take maps of type " + ebpf.MapType(n).String()
	}, fix: "give it a map of the type that it is for, or use another helper"},
	{code: "return_value", says: says(`At program exit the register R0 is not a known value \((\S+)\)`), text: func(f *failure) string {
		return "it returns a pointer (" + f.match[1] + "), where a number is expected"
	}, fixes: returnFix},
	{code: "argument", says: says(`\w+\(\) may write into memory pointed by R(\d) type=(\S+)`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is written to, and it is the kernel's own memory (" + f.match[2] + "), which programs only read"
	}, fix: "give it a buffer on the stack or in a map's value"},
	{code: "argument", says: says(`arg#0 expected for bpf_(?:percpu_)?obj_drop_impl\(\)`), text: matched, fix: "bpf_obj_drop() takes what bpf_obj_new() gave, bpf_percpu_obj_drop() what bpf_percpu_obj_new() gave"},
	{code: "kfunc", says: says(`invalid kernel function call not eliminated in verifier pass`), text: fixed("a call of a kernel function that this kernel has not is on a path that the verifier cannot leave out"), fix: "call it behind bpf_ksym_exists(), in the same condition and with nothing else that could be true"},
	{code: "argument", says: says(`invalid kptr access, R(\d) type=(\S+) expected=(\S+)`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " points to " + f.match[2] + ", and the field with __kptr to " + f.match[3]
	}, fix: "exchange pointers of the type that the field is declared with"},
	{code: "argument", says: says(`R(\d) type=(\S*_or_null\S*) expected=.*`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " may be NULL (" + f.match[2] + "): what gave it was not checked"
	}, fix: checkNull},
	{code: "reference", says: says(`R(\d) type=(?:inv|scalar) expected=.*`), when: releasesAgain, text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " was released before, by " + lastCall(f.log)
	}, fix: "release it once, on every path"},
	{code: "argument", says: says(`R(\d) type=(?:inv|scalar|unknown value\S*) expected=(.*)`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is a number to the verifier, where a pointer is expected (" + f.match[2] + ")"
	}, fixes: func(f *failure) string {
		if f.match[2] == "ctx" {
			return ownContext
		}
		return "give the address of a variable on the stack or of a map's value; kernel memory is first copied there with bpf_probe_read_kernel()"
	}},
	{code: "argument", says: says(`R(\d) type=(\S+) expected=(.*)`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is of type " + f.match[2] + ", where one of these is expected: " + f.match[3]
	}, fixes: argumentFix},
	{code: "argument", says: says(`R(\d) (?:is not a known constant|must be a known constant|is not a const|unbounded size).*`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " must be a constant: " + matched(f)
	}, fix: "give a number that the compiler knows, such as sizeof(struct event); choose among sizes with a switch"},
	{code: "argument", says: says(`R(\d) is of type (\S+) but (.*) is expected`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is of type " + f.match[2] + ", where " + f.match[3] + " is expected"
	}, fix: "give the kernel's type that its declaration has"},
	{code: "argument", says: says(`Possibly NULL pointer passed to helper arg(\d)`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " may be NULL: what gave it was not checked"
	}, fix: checkNull},
	{code: "argument", says: says(`Possibly NULL pointer passed to (?:trusted )?(?:arg(\d)|R(\d))`), text: func(f *failure) string {
		n, _ := strconv.Atoi(f.match[1])
		return f.ordinal(cmp.Or(f.match[2], strconv.Itoa(n+1))) + " may be NULL: what gave it was not checked"
	}, fix: checkNull},
	{code: "argument", says: says(`R(\d) must be (?:referenced or trusted|a rcu pointer|referenced|trusted|rcu).*`), text: func(f *failure) string {
		return f.ordinal(f.match[1]) + " is a pointer that the kernel does not trust: " + matched(f)
	}, fix: trusted},
	{code: "argument", says: says(`arg#(\d) pointer type STRUCT (\w+) must point to scalar, or struct with scalar`), text: func(f *failure) string {
		n, _ := strconv.Atoi(f.match[1])
		return f.ordinal(strconv.Itoa(n+1)) + " is memory of the program's own, where the kernel's struct " + f.match[2] + " is expected"
	}, fix: trusted},
	{code: "argument", says: says(`[Ee]xpected an (?:un)?initialized dynptr.*|arg#\d expected pointer to stack or (?:const struct bpf_dynptr|dynptr_ptr)`), text: matched, fix: "make the dynptr first (bpf_dynptr_from_mem(), bpf_ringbuf_reserve_dynptr()), a variable of its own on the stack, and use it no more after it was submitted, discarded or written over"},
	{code: "argument", says: says(`arg#\d expected pointer to allocated object`), text: matched, fix: nodes},
	{code: "argument", says: says(`R\d doesn't have constant offset\. .*|R\d must have zero offset when passed to .*`), when: inProgram, text: matched, fix: "give the pointer as it was got, or the address of the field itself, not one computed from it"},
	{code: "argument", says: says(`[Ee]xpected an? (?:un)?initialized (?:iter_?\w*|dynptr|irq flag)?.*`), text: matched, fix: "call _new before _next and _destroy, and once only: an iterator or dynptr is a variable on the stack of its own"},
	{code: "argument", says: says(`(?:arg#\d|args#\d|Arg#\d|R\d) (?:expected|must|is not|doesn't|pointer type|type).*|kernel function \w+ args#\d.*`), when: inProgram, text: matched, fix: "give the function what its declaration says; bpftool btf dump shows it"},
	{code: "loader", says: says(`Arg#\d type PTR in \w+\(\) is not supported yet|arg#\d reference type\('UNKNOWN ?'\) size cannot be determined.*`), when: tagNotReplaced, text: tagText, fix: tagFix},
	{code: "global_function", says: says(`Arg#(\d) type (\w+) in (\w+)\(\) is not supported yet|arg#(\d) reference type\('.*'\) size cannot be determined.*|Global function (\w+)\(\) doesn't return scalar.*|Caller passes invalid args into func#\d+.*|func '\w+' arg\d.* (?:type|is).*`), text: func(f *failure) string {
		return "the verifier checks a global function by itself, and cannot know what it gets: " + matched(f)
	}, fix: "make the function static (__noinline keeps it a function), or give it numbers, the context or, from 5.12 on, pointers to structs of known size"},
}

const trusted = "give one that a kernel function has acquired (bpf_task_acquire, bpf_task_from_pid) or an argument of tp_btf, LSM or fentry; follow pointers between bpf_rcu_read_lock() and bpf_rcu_read_unlock()"

const ownContext = "give the program's context as the kernel handed it over, not a copy nor a pointer into it"

const checkNull = "check it first: if (!value) return 0;"

// inProgram reports whether the verifier was within the program, where it writes no
// arg#0 of the checks before.
func inProgram(f *failure) bool { return lastInstruction(f.log) >= 0 }

// callee returns the function that the last instruction calls.
func (f *failure) callee() string { return called(f.log, lastInstruction(f.log)) }

// ordinal names an argument by its register, as in "argument 2 of bpf_map_lookup_elem".
func (f *failure) ordinal(register string) string {
	if name := f.callee(); name != "" {
		return "argument " + register + " of " + name
	}
	return "R" + register
}

func argumentFix(f *failure) string {
	kind, expected := f.match[2], f.match[3]
	switch {
	case strings.HasPrefix(expected, "ctx"):
		return ownContext
	case strings.HasPrefix(expected, "map_ptr"):
		return "give the address of a map: &name"
	case strings.HasPrefix(kind, "untrusted_ptr"):
		return trusted
	case strings.HasPrefix(expected, "percpu_ptr"):
		return "give a per-CPU variable (extern ... __ksym), or a field that the kernel's BTF marks as per-CPU; where it does not, read it with bpf_probe_read_kernel()"
	case expected == "map_value":
		return "give the address of a map's value, or of a constant: static const char format[] is in a map too"
	case strings.HasPrefix(expected, "ringbuf_mem"):
		return "give what bpf_ringbuf_reserve() returned; a dynptr's memory is submitted with bpf_ringbuf_submit_dynptr()"
	case strings.Contains(kind, "ptr_"):
		return "copy it to the stack first with bpf_probe_read_kernel() or BPF_CORE_READ_INTO()"
	case kind == "ctx" || strings.HasPrefix(kind, "pkt"):
		return "copy it to a variable on the stack first"
	case strings.HasPrefix(expected, "fp") && !strings.Contains(expected, "map_value"):
		return "give the address of a variable on the stack"
	}
	return "give the address of a variable on the stack or of a map's value"
}

func sleepableFix(f *failure) string {
	if strings.HasPrefix(f.Section, "lsm/") || strings.HasPrefix(f.Section, "fentry/") || strings.HasPrefix(f.Section, "fexit/") ||
		strings.HasPrefix(f.Section, "uprobe/") || strings.HasPrefix(f.Section, "iter/") || strings.HasPrefix(f.Section, "fmod_ret/") {
		kind, rest, _ := strings.Cut(f.Section, "/")
		return fmt.Sprintf("SEC(%q) makes it sleepable where the kernel allows it (from 5.10 on, uprobes from 6.0 on); else bpf_probe_read_user(), which does not wait for a page", kind+".s/"+rest)
	}
	return "programs of type " + f.Type + " never sleep: use a helper that does not, such as bpf_probe_read_user() in place of bpf_copy_from_user()"
}

// helperName returns a helper's name as C has it.
func helperName(number int) string {
	name := strings.TrimPrefix(asm.BuiltinFunc(number).String(), "Fn")
	var out strings.Builder
	out.WriteString("bpf")
	for _, r := range name {
		if unicode.IsUpper(r) {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

// helper returns the name and number of a helper that the kernel refused, and the release
// that brought it, "" if the kernel is not older, or that is unknown.
func (f *failure) helper() (name string, number int, since string) {
	number, _ = strconv.Atoi(f.match[2])
	name = f.match[1]
	row := strings.TrimPrefix(asm.BuiltinFunc(number).String(), "Fn")
	if name == "" || name == "unknown" {
		name = helperName(number)
		since, _ = upstream.Since(upstream.Helper, row)
		return name, number, since
	}
	if upstream.IsNewer(upstream.Helper, row, f.version) {
		since, _ = upstream.Since(upstream.Helper, row)
	}
	return name, number, since
}

// unknownHelper names a helper that the kernel does not have, or not for this program:
// kernels from 4.10 on name those that they have.
func unknownHelper(f *failure) string {
	name, number, since := f.helper()
	switch {
	case since != "":
		return fmt.Sprintf("helper %s (number %d) is not in this kernel; Linux has it from %s on", name, number, since)
	case f.match[1] != "" && f.match[1] != "unknown":
		return fmt.Sprintf("helper %s (number %d) is in this kernel, but not for programs of type %s", name, number, f.Type)
	}
	return fmt.Sprintf("helper %s (number %d) is not in this kernel, or not for programs of type %s", name, number, f.Type)
}

func unknownHelperFix(f *failure) string {
	name, _, since := f.helper()
	if name == "bpf_trace_vprintk" {
		return "bpf_printk() uses it for more than three values: print three at most, or in two calls"
	}
	if since == "" && f.match[1] != "" && f.match[1] != "unknown" {
		return otherHelper(f, name)
	}
	return "bpf_core_enum_value_exists(enum bpf_func_id, " + strings.Replace(name, "bpf_", "BPF_FUNC_", 1) + ") reports at load time whether the kernel has it"
}

// ofTracing are helpers that fentry, fexit and tp_btf have, and kprobes and raw tracepoints
// have not.
var ofTracing = []string{"bpf_get_socket_cookie", "bpf_sk_storage_get", "bpf_sk_storage_delete", "bpf_skb_output", "bpf_xdp_output", "bpf_sock_from_file"}

// otherHelper says what to use in place of a helper that a program's type has not.
func otherHelper(f *failure, name string) string {
	if rest, ok := strings.CutPrefix(f.Section, "raw_tp/"); ok && slices.Contains(ofTracing, name) {
		return fmt.Sprintf("tracing programs with BTF have it from 5.12 on: SEC(%q), whose arguments are pointers that can be followed", "tp_btf/"+rest)
	}
	onPackets := f.Type == "XDP" || strings.HasPrefix(f.Type, "Sched") || strings.HasPrefix(f.Type, "CGroupSKB") || f.Type == "SocketFilter"
	switch {
	case strings.HasPrefix(name, "bpf_skb_") && f.Type == "XDP":
		return "in XDP there is no skb yet: read the packet between data and data_end, or bpf_xdp_load_bytes() from 5.18 on; or use tc"
	case strings.HasPrefix(name, "bpf_xdp_") && f.Type != "XDP":
		return "it is for XDP; programs that have an skb use bpf_skb_load_bytes() and bpf_skb_store_bytes()"
	case strings.HasPrefix(name, "bpf_skb_") && !onPackets:
		return "its argument is a packet that tc, cgroup or socket programs have; here read the kernel's sk_buff with BPF_CORE_READ()"
	case strings.HasPrefix(name, "bpf_get_current_") && onPackets:
		return "the process that is current here need not be the packet's: ask in a cgroup, kprobe or tracing program, and pass it on in a map"
	case strings.HasPrefix(name, "bpf_probe_read") && onPackets:
		return "read the packet between data and data_end; kernel memory is for tracing programs"
	case strings.HasPrefix(name, "bpf_get_stack") && onPackets:
		return "stacks are for tracing programs (kprobe, tracepoint, perf_event, fentry): call it there"
	}
	return "use another helper, or call it from a program of a type that has it and pass the result on in a map"
}

func isStructOps(f *failure) bool { return f.Type == ebpf.StructOps.String() }
