package verify

import (
	"cmp"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/upstream"
)

const olderSection = "attach it otherwise where the kernel is older"

const chooseTarget = "choose at load time, with another program for other kernels, or set what it attaches to"

// What a kernel may lack to attach to.
const (
	noIterator     = "this kernel has no iterator "
	noTracepoint   = "this kernel has no tracepoint "
	noHook         = "this kernel has no LSM hook "
	findTracepoint = "look for its name in /sys/kernel/tracing/events (without the group); " + chooseTarget
	findHook       = "the hooks are in include/linux/lsm_hook_defs.h of the kernel; " + chooseTarget
)

func noFunction(name string) string {
	return "this kernel has no function " + name + " to attach to: it is called otherwise, is inlined, or must not be traced"
}

// missingTarget says what a section names and the kernel has not: libbpf looks for it in the kernel's
// BTF under another name.
func missingTarget(section, name string) (text, fix string) {
	kind, _, _ := strings.Cut(section, "/")
	switch {
	case kind == "tp_btf":
		return noTracepoint + strings.TrimPrefix(name, "btf_trace_"), findTracepoint
	case strings.HasPrefix(kind, "lsm"):
		return noHook + strings.TrimPrefix(name, "bpf_lsm_"), findHook
	case strings.HasPrefix(kind, "iter"):
		return noIterator + strings.TrimPrefix(name, "bpf_iter_"), chooseTarget
	}
	return noFunction(name), chooseTarget
}

// missingRules are about what the program refers to and the kernel has not, or not for it.
var missingRules = []rule{
	{code: "attach_target", says: says(`attach \w+/\w+: (\w+) iterator not supported`), text: func(f *failure) string { return noIterator + f.match[1] }, fix: chooseTarget},
	{code: "attach_target", says: says(`attach \w+/\w+: raw_tp (\w+) not supported`), text: func(f *failure) string { return noTracepoint + f.match[1] }, fix: findTracepoint},
	{code: "attach_target", says: says(`attach \w+/\w+: (\w+) LSM hook not supported`), text: func(f *failure) string { return noHook + f.match[1] }, fix: findHook},
	{code: "attach_target", says: says(`attach_btf_id \d+ points to disabled hook (?:bpf_lsm_)?(\w+)`), text: func(f *failure) string {
		return "programs cannot attach to the LSM hook " + f.match[1] + " on this kernel: it is off for them"
	}, fix: "choose another hook; kernel/bpf/bpf_lsm.c lists those that are off"},
	{code: "attach_target", says: says(`attach \w+/\w+: (?:\w+ )?(\S+?) not supported|The address of function (\S+) cannot be found`), text: func(f *failure) string { return noFunction(f.match[1] + f.match[2]) }, fix: chooseTarget},
	{code: "attach_target", says: says(`Attaching (\S+) to __noreturn functions?(?: '(\w+)')?`), text: func(f *failure) string {
		_, target, _ := strings.Cut(f.Section, "/")
		return cmp.Or(f.match[2], target) + " never returns, so the kernel refuses " + f.match[1] + " for it"
	}, fix: "attach with fentry, which runs before it"},
	{code: "attach_target", says: says(`(\w+)\(\) is not modifiable`), text: func(f *failure) string {
		return f.match[1] + "() is no function whose return value fmod_ret may change"
	}, fix: "fmod_ret attaches to security_* and those that ALLOW_ERROR_INJECTION marks; fexit only watches"},
	{code: "attach_target", says: says(`bpf_lsm_(\w+) is not sleepable`), text: func(f *failure) string {
		return "programs at the LSM hook " + f.match[1] + " may not sleep on this kernel"
	}, fix: "leave the .s out of the section's name and use no helper that sleeps"},
	{code: "attach_target", says: says(`(\w+) is not sleepable`), text: func(f *failure) string {
		return f.match[1] + " may not be traced by sleepable programs"
	}, fix: "leave the .s out of the section's name and use no helper that sleeps"},
	{code: "attach_target", says: says(`The function (\w+) (?:has \d+ arguments\. Too many|with variable args is unsupported|arg\d type .* is unsupported|return type .* is unsupported).*|Attach to function (\w+) with a >8 byte return value.*`), text: matched, fix: "attach with a kprobe, which takes any function"},
	{code: "attach_target", says: says(`attach_btf_id \d+ (?:is not a|points to wrong|doesn't have|is invalid).*`), text: matched, fix: "does the section name a function for fentry, a tracepoint for tp_btf, a hook for lsm?"},
	{code: "program_type", says: says(`must provide btf_id|btf_id`), when: newerSection, text: sectionTooNew, fix: olderSection},
	{code: "loader", says: says(`must provide btf_id`), when: withoutTarget, text: targetNotSet, fixes: targetNotSetFix},
	{code: "attach_target", says: says(`must provide btf_id`), text: noTarget, fix: "the loader must set what it attaches to: a function of a loaded program, of the kernel, or an LSM hook"},
	{code: "kfunc", says: says(`kfunc "(\w+)": not supported|kfunc '(\w+)' is referenced but wasn't resolved|extern \(func ksym\) '(\w+)'.*not found`), text: func(f *failure) string {
		return noKfunc(f.match[1] + f.match[2] + f.match[3])
	}, fixes: func(f *failure) string { return kfuncFix(f.match[1] + f.match[2] + f.match[3]) }},
	{code: "kfunc", says: says(`(?:invalid func|call) unknown#(?:233685214|20020\d{5})|unknown kfunc`), text: func(f *failure) string {
		n, _ := f.needAt()
		return noKfunc(n.name)
	}, fixes: func(f *failure) string {
		n, _ := f.needAt()
		return kfuncFix(n.name)
	}},
	{code: "kfunc", says: says(`BPF_CALL uses reserved fields`), when: before(5, 13), text: func(f *failure) string {
		n, _ := f.needAt()
		return strings.TrimSpace("it calls a kernel function "+n.name) + ", which programs can from 5.13 on"
	}, fix: "use a helper where the kernel is older, or leave the program out there"},
	{code: "kfunc", says: says(`kfunc "(\w+)": (.*)`), text: func(f *failure) string {
		return "kernel function " + f.match[1] + " is another one in this kernel than the object declares: " + f.match[2]
	}, fix: "declare it as the kernel's BTF has it: bpftool btf dump file /sys/kernel/btf/vmlinux format c"},
	{code: "kfunc", says: says(`calling kernel function (\w+) is not allowed`), text: func(f *failure) string {
		return "kernel function " + f.match[1] + " is in this kernel, but not for programs of type " + f.Type
	}, fixes: func(f *failure) string {
		return "call it from a program of a type that has it (most are for tp_btf, fentry, LSM, tc, XDP or struct_ops, few for kprobes)"
	}},
	{code: "kfunc", says: says(`kernel function \w+.*not found|calling kernel functions? (?:is|are) not (?:supported|allowed).*`), text: matched, fix: "this kernel has no kernel functions for programs of this type: guard the call with bpf_ksym_exists()"},
	{code: "co_re", says: says(`invalid func unknown#195896080|frame pointer is read only|failed to resolve CO-RE relocation (.*)|bad CO-RE relocation`), when: poisoned, text: noType, fixes: guardNeed},
	{code: "co_re", says: says(`number of funcs in func_info doesn't match number of subprogs|nonzero insn_off \d+ for the first func info record`), when: poisonedFirst, text: noType, fixes: guardNeed},
	{code: "co_re", says: says(`(?:bad CO-RE relocation|no matching types?).*`), text: matched, fix: "the type or field is not in this kernel: guard it with bpf_core_field_exists() or bpf_core_type_exists()"},
	{code: "btf", says: says(`(?:no BTF found for kernel|kernel BTF|BTF .*not supported|load BTF).*`), text: matched, fix: "this kernel was built without BTF (CONFIG_DEBUG_INFO_BTF): use no CO-RE, fentry or LSM there, or give the kernel's types with --btf"},
	{code: "co_re", stage: "relocate", says: says(`CO-RE.*`), text: message, fix: "what the object refers to is not in this kernel"},
	{code: "loader", stage: "relocate", says: says(`config option "(LINUX_HAS_\w+)" does not exist`), text: func(f *failure) string {
		return f.match[1] + " is a value that libbpf computes by itself (bpf/usdt.bpf.h uses it), and cilium/ebpf does not know it"
	}, fix: "load it with libbpf: --loader libbpf"},
	{code: "kconfig", stage: "relocate", says: says(`config option "(\w+)" does not exist`), text: func(f *failure) string {
		return "this kernel's configuration has no " + f.match[1]
	}, fix: "declare it __weak: then it is 0 where the kernel has none"},
	{code: "struct_ops", stage: "relocate", says: says(`lookup struct_ops kern type "(\w+)"`), text: func(f *failure) string {
		return "this kernel has no struct_ops of type " + f.match[1]
	}, fix: "load the module that has it first, or leave the program out where the kernel has none"},
	{code: "loader", stage: "relocate", text: message, fix: "bpflab's loader, cilium/ebpf, cannot prepare it; the kernel was not asked"},
}

func noTarget(f *failure) string {
	if f.Type == "Extension" {
		return "it replaces a function of another program (freplace), and none is given"
	}
	return fmt.Sprintf("section %q gave the kernel nothing to attach to", f.Section)
}

// noKfunc names a kernel function that is not there.
func noKfunc(name string) string {
	if name == "" {
		name = "that it calls here"
	}
	text := "kernel function " + name + " is neither in this kernel nor in a module that is loaded"
	if since, ok := upstream.Since(upstream.Kfunc, name); ok {
		text += "; Linux has it from " + since + " on"
	}
	return text
}

// kfuncModules are the kernel modules of the kernel functions whose names begin so.
var kfuncModules = []struct{ prefix, module string }{
	{"bpf_ct_", "nf_conntrack"}, {"bpf_skb_ct_", "nf_conntrack"}, {"bpf_xdp_ct_", "nf_conntrack"},
	{"bpf_xdp_get_xfrm_state", "xfrm_interface"}, {"bpf_skb_get_xfrm_info", "xfrm_interface"}, {"bpf_skb_set_xfrm_info", "xfrm_interface"},
}

// missingKfunc says that a kernel function is not there, and what to do.
func missingKfunc(_, name string) (text, fix string) { return noKfunc(name), kfuncFix(name) }

func kfuncFix(name string) string {
	for _, m := range kfuncModules {
		if strings.HasPrefix(name, m.prefix) {
			return "load its module first, " + m.module + ", or declare it with __ksym __weak and call it only if bpf_ksym_exists(" + name + ")"
		}
	}
	return "declare it with __ksym __weak and call it only if bpf_ksym_exists(" + name + "); load its module first if it is a module's"
}

// poisoned reports whether the instruction is one that the loader put in place of a CO-RE
// relocation that found nothing.
func poisoned(f *failure) bool {
	return !strings.Contains(matched(f), "frame pointer") || strings.Contains("\n"+f.log, "\n"+poisonedLine)
}

// poisonedFirst reports whether the program's first instruction is relocated: if cilium/ebpf
// replaces that one, it loses the entry of the program's own function.
func poisonedFirst(f *failure) bool {
	n, ok := f.relocated()
	return ok && n.at == 0 && n.what != "kernel function"
}

// relocated returns the need of the instruction where the verifier gave up, or of the
// first one if it gave up before any.
func (f *failure) relocated() (need, bool) {
	if all := f.program.needs; lastInstruction(f.log) < 0 && len(all) > 0 && all[0].at == 0 {
		return all[0], true
	}
	return f.needAt()
}

// guardNeed says how to ask for what a CO-RE relocation needs.
func guardNeed(f *failure) string {
	n, _ := f.relocated()
	return "guard it with " + cmp.Or(n.guard, "bpf_core_field_exists() or bpf_core_type_exists()") + ", and read what other kernels have in its place"
}

func noType(f *failure) string {
	if len(f.match) > 1 && f.match[1] != "" {
		return "a CO-RE relocation found nothing in this kernel: " + f.match[1]
	}
	n, ok := f.relocated()
	if !ok {
		return "a CO-RE relocation found nothing: the type or field is not in this kernel"
	}
	return fmt.Sprintf("%s %s is not in this kernel: its CO-RE relocation found no such type, or nothing of that name in it", n.what, n.name)
}
