package verify

import (
	"cmp"
	"regexp"
	"strings"

	"github.com/bpflab/bpflab/harness/probe"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// rule recognises a cause by the kernel's messages.
type rule struct {
	code  string
	stage string // "" for any
	errno string // "" for any
	says  *regexp.Regexp
	when  func(*failure) bool // may be nil
	text  func(*failure) string
	fix   string
}

// failure is a rejection on its way to a reason.
type failure struct {
	*Result
	program Program
	version kernel.Version
	match   []string // of the rule's expression
}

func says(expression string) *regexp.Regexp { return regexp.MustCompile(expression) }

func fixed(text string) func(*failure) string { return func(*failure) string { return text } }

// matched returns the line that a rule's expression has found.
func matched(f *failure) string { return f.match[0] }

// rules are tried in this order; the first that fits is the reason. The texts are
// the kernel's (kernel/bpf/verifier.c and syscall.c) and cilium/ebpf's.
var rules = []rule{
	{code: "map_type", stage: "map", errno: "EINVAL", when: newerMap, text: mapTooNew, fix: "choose another type where the kernel is older, or set max_entries"},
	{code: "section", stage: wire.StageSection, when: likeSection, text: sectionMeant, fix: "is it mistyped?"},
	{code: "section", stage: wire.StageSection, text: message, fix: "name it as libbpf does, SEC(\"xdp\") or SEC(\"kprobe/do_exit\"), or, if it is a function only, leave SEC out"},
	{code: "memory", errno: "ENOMEM", text: fixed("the kernel has not enough memory for it"), fix: "make its maps smaller"},
	{code: "privilege", errno: "EPERM", text: fixed("the kernel does not permit it"), fix: "load it as root, and before 5.11 lift the limit on locked memory"},
	{code: "global_data", says: says(`map (\.[\w.]+)(?: \(Array\))?: .*read- and write-only maps not supported`), text: noGlobals, fix: "keep them in an array map of your own"},
	{code: "global_data", says: says(`unrecognized bpf_ld_imm64 insn`), when: beforeGlobals, text: noGlobals, fix: "keep them in an array map of your own"},
	{code: "map", stage: "map", text: message, fix: "look at the map's type, sizes and flags"},
	{code: "program_type", stage: "relocate", when: newerProgram, text: programTooNew, fix: "this kernel has no programs of this type"},
	{code: "attach_target", says: says(`attach \w+/\w+: (?:\w+ )?(\S+?)(?: LSM hook)? not supported|The address of function (\S+) cannot be found`), text: func(f *failure) string {
		return "this kernel has no function " + f.match[1] + f.match[2] + " to attach to: it is called otherwise, is inlined, or must not be traced"
	}, fix: "choose at load time, with another program for other kernels, or set what it attaches to"},
	{code: "co_re", says: says(`invalid func unknown#195896080|call unknown#195896080`), text: fixed("a CO-RE relocation found nothing: the type or field is not in this kernel"), fix: "guard it with bpf_core_field_exists() or bpf_core_type_exists()"},
	{code: "co_re", says: says(`(?:bad CO-RE relocation|\bpoisoned\b|no matching types?).*`), text: matched, fix: "the type or field is not in this kernel: guard it with bpf_core_field_exists() or bpf_core_type_exists()"},
	{code: "btf", says: says(`(?:no BTF found for kernel|kernel BTF|BTF .*not supported|load BTF).*`), text: matched, fix: "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF): use no CO-RE, fentry or LSM there, or give the kernel's types with --btf"},
	{code: "co_re", stage: "relocate", text: message, fix: "what the object refers to is not in this kernel"},
	{code: "too_many_insns", errno: "E2BIG", when: tooLongBefore52, text: tooLong, fix: "split it with tail calls; kernels from 5.2 on take a million instructions"},
	{code: "complexity", says: says(`BPF program is too large\. Processed (\d+) insn`), text: func(f *failure) string {
		return "the verifier gave up after " + f.match[1] + " instructions: it follows every path"
	}, fix: "make fewer paths: shorter loops, bpf_loop() from 5.17 on, subprograms that are global functions"},
	{code: "complexity", says: says(`The sequence of (\d+) jumps is too complex`), text: func(f *failure) string {
		return f.match[1] + " branches are open at one time, one more than the verifier keeps"
	}, fix: "give a loop with branches in it fewer rounds, make fewer branches in sequence, or move some into a global function"},
	{code: "complexity", errno: "EFAULT", says: says(`hit verifier bug`), text: fixed("the verifier gave up with EFAULT, of which the loader keeps no log: mostly more than 8192 branches are open at one time, as in a loop without a bound"), fix: "give the loop a bound, or make fewer branches in sequence"},
	{code: "back_edge", says: says(`back-edge from insn (\d+) to (\d+)`), text: func(f *failure) string {
		return "instruction " + f.match[1] + " jumps back to " + f.match[2] + ": before 5.3 the verifier takes no loops"
	}, fix: "#pragma unroll, or kernels from 5.3 on"},
	{code: "infinite_loop", says: says(`infinite loop detected at insn (\d+)`), text: func(f *failure) string {
		return "the loop at instruction " + f.match[1] + " comes back to where it was"
	}, fix: "give the loop a bound that the verifier can see"},
	{code: "stack", says: says(`combined stack size of (\d+) calls is (\d+)\. Too large`), text: func(f *failure) string {
		return "the stacks of " + f.match[1] + " functions take " + f.match[2] + " bytes, of 512"
	}, fix: "put large variables into a per-CPU array map"},
	{code: "stack", says: says(`(?m)^.*(?:invalid stack off|invalid (?:indirect |unbounded |variable-offset )?(?:read|write|access) (?:from|to) stack|Looks like the BPF stack limit).*$`), text: matched, fix: "the stack has 512 bytes: put large variables into a per-CPU array map"},
	{code: "call_depth", says: says(`the call stack of \d+ frames is too deep.*`), text: matched, fix: "inline some: `bpflab limits --only call_depth` shows how many a kernel takes"},
	{code: "helper", says: says(`(?:invalid|unknown) func (?:(bpf_\w+|unknown)#)?(\d+)`), text: unknownHelper, fix: "bpf_core_enum_value_exists() reports at load time whether the kernel has it"},
	{code: "helper", says: says(`program of this type cannot use helper (bpf_\w+)#\d+`), text: func(f *failure) string {
		return f.match[1] + " is not for programs of type " + f.Type
	}, fix: "use another helper, or another program type"},
	{code: "kfunc", says: says(`(?m)^.*(?:calling kernel function \w+ is not allowed|kernel function .* not found).*$`), text: matched, fix: "this kernel has no such kfunc for this program type"},
	{code: "licence", says: says(`cannot call GPL-restricted function from non-GPL compatible program`), text: matched, fix: `char LICENSE[] SEC("license") = "GPL"`},
	{code: "unreachable", says: says(`unreachable insn \d+`), text: matched, fix: "remove the code, or compile with -O2"},
	{code: "invalid_access", says: says(`(?m)^.*invalid bpf_context access.*$`), text: matched, fix: "the context of this type of program has nothing there that may be read, or written: does the section name the right type?"},
	{code: "instruction", says: says(`(?m)^.*(?:BPF_XADD uses reserved fields|BPF_STX uses reserved fields).*$`), when: before(5, 12), text: fixed("it uses the old value of an atomic operation, or another one than an addition, which Linux has from 5.12 on"), fix: "do not use the value that __sync_fetch_and_add() returns where the kernel is older"},
	{code: "instruction", says: says(`unknown opcode e5`), when: before(6, 9), text: fixed("it has the instruction may_goto (cond_break, can_loop), which Linux has from 6.9 on"), fix: "give the loop a bound where the kernel is older"},
	{code: "invalid_access", says: says(`(?m)^.*invalid mem access '(?:inv|scalar)'.*$`), text: func(f *failure) string {
		return matched(f) + ": to the verifier that is a number, not a pointer, as an address of the kernel's memory is"
	}, fix: "read the kernel's memory with bpf_probe_read_kernel() or BPF_CORE_READ()"},
	{code: "invalid_access", says: says(`(?m)^.*invalid access to packet, off=.*$`), text: matched, fix: "compare what is read with data_end, and bound the offset to less than 65535 in all"},
	{code: "invalid_access", says: says(`(?m)^.*(?:invalid access to|invalid mem access|dereference of modified ctx|invalid read from|invalid write to|min value is|max value is|unbounded).*$`), text: matched, fix: "check pointers for NULL and offsets against their bounds before they are used"},
	{code: "uninitialised", says: says(`(?m)^.*!read_ok$`), text: matched, fix: "a register is read before it is written: initialise the variable on every path"},
	{code: "program_type", errno: "EINVAL", when: newerProgram, text: programTooNew, fix: "this kernel has no programs of this type"},
	{code: "attach", stage: "attach", text: message, fix: "what the section names may not be in this kernel"},
	{code: "rejected", text: lastLine, fix: "the log has the whole story"},
}

// explain fills in the reasons, and since which kernel of the run a program is
// accepted.
func explain(all []Result, objects []*Object, kernels []kernel.Image) {
	versions := map[string]kernel.Version{}
	for _, k := range kernels {
		versions[k.Selector] = k.Version
	}
	programs := map[[2]string]Program{}
	for _, o := range objects {
		for _, p := range o.Programs {
			programs[[2]string{o.Name, p.Name}] = p
		}
	}
	for i := range all {
		r := &all[i]
		if r.Reason == nil {
			continue
		}
		if r.Reason.Code == "" {
			f := &failure{Result: r, program: programs[[2]string{r.Object, r.Program}], version: versions[r.Kernel]}
			f.explain()
		}
		r.Reason.Since = since(all, versions, r)
	}
}

// explain finds the rule that fits.
func (f *failure) explain() {
	for _, r := range rules {
		if r.stage != "" && r.stage != f.Stage || r.errno != "" && r.errno != f.Errno {
			continue
		}
		if r.says != nil {
			if f.match = lastMatch(r.says, probe.Terse(f.log)); f.match == nil {
				f.match = lastMatch(r.says, f.Reason.Text)
			}
			if f.match == nil {
				continue
			}
		}
		if r.when != nil && !r.when(f) {
			continue
		}
		f.Reason.Code, f.Reason.Text, f.Reason.Fix, f.Reason.Line = r.code, strings.TrimSpace(r.text(f)), r.fix, source(probe.Terse(f.log))
		return
	}
}

// lastMatch returns the last of an expression's matches: where the verifier gave up.
func lastMatch(re *regexp.Regexp, text string) []string {
	all := re.FindAllStringSubmatch(text, -1)
	if all == nil {
		return nil
	}
	return all[len(all)-1]
}

// source returns the last line of C that the log names, and the last instruction.
func source(log string) string {
	var line, insn string
	for text := range strings.Lines(log) {
		text = strings.TrimSpace(text)
		switch {
		case strings.HasPrefix(text, "; "):
			line = strings.TrimPrefix(text, "; ")
		case instruction.MatchString(text):
			insn = text
		}
	}
	insn, _, _ = strings.Cut(insn, " ;")
	return strings.Trim(line+" | "+insn, " |")
}

var instruction = regexp.MustCompile(`^\d+: \([0-9a-f]{2}\) `)

// since returns the first kernel of the run, above a rejected program's, that accepts
// it.
func since(all []Result, versions map[string]kernel.Version, rejected *Result) *string {
	var first *Result
	for i := range all {
		r := &all[i]
		if r.Object != rejected.Object || r.Program != rejected.Program || !r.Accepted || versions[r.Kernel].Compare(versions[rejected.Kernel]) <= 0 {
			continue
		}
		if first == nil || versions[r.Kernel].Compare(versions[first.Kernel]) < 0 {
			first = r
		}
	}
	if first == nil {
		return nil
	}
	return &first.Kernel
}

// before returns a condition: the kernel is older than a version.
func before(major, minor int) func(*failure) bool {
	return func(f *failure) bool { return f.version.Compare(kernel.Version{Major: major, Minor: minor}) < 0 }
}

func message(f *failure) string { return f.Reason.Text }

func lastLine(f *failure) string {
	return cmp.Or(probe.Complaint(f.log), f.Reason.Text)
}

// largestBefore52 is BPF_MAXINSNS of include/uapi/linux/bpf_common.h, which was
// every program's limit until commit c04c0d2b968a of 5.2.
const largestBefore52 = 4096

func tooLongBefore52(f *failure) bool {
	return f.version.Compare(kernel.Version{Major: 5, Minor: 2}) < 0 && f.program.Insns > largestBefore52
}

func tooLong(f *failure) string {
	return "it has " + itoa(f.program.Insns) + " instructions, and before 5.2 a program has at most 4096; accepted from 5.2 on"
}
