package verify

import "strings"

// attachRules are about what a program replaces, extends or is a member of.
var attachRules = []rule{
	{code: "attach_target", says: says(`(?:Subprog \S+ doesn't exist|\S+\(\) is not a global function|Cannot replace static functions|Cannot replace kernel functions|Only FENTRY/FEXIT progs are attachable to another BPF prog|Cannot recursively attach|Cannot nest tracing program attach more than once|Cannot extend fentry/fexit|(?:Extension programs should be|Can attach to only) JITed.*|Extension program changes packet data, while original does not|Target program bound device mismatch|\S+ programs cannot attach to exception callback|can't modify return codes of BPF programs)`), text: matched,
		fix: "freplace replaces a global function of a loaded program with BTF, fentry and fexit watch one; neither attaches to another of its own kind"},
	{code: "attach_target", says: says(`\S+\(\) has \d+ args while \S+\(\) has \d+ args|Return type .* of \S+\(\) doesn't match type .*|arg\d+ in \S+\(\) (?:is|has) .*|arg\d+ \S+\(struct \S+ \*\) doesn't match .*`), text: matched,
		fix: "a function that replaces another one has the same parameters and the same return type"},
	{code: "attach_target", says: says(`ret type \S+ not allowed for fmod_ret|The function \S+ has malformed void argument.*`), text: matched, fix: "fmod_ret attaches to functions that return a number"},
	{code: "struct_ops", says: says(`attach to (?:unsupported|invalid) member .*|struct_ops module \S+ is not found|attach_btf_id \d+ is not a supported struct`), text: matched,
		fix: "this kernel's operations have no such member, or no program may be one: leave it out where the kernel is older"},
	{code: "struct_ops", errno: "ENOTSUPP", when: func(f *failure) bool { return strings.HasPrefix(f.Section, "struct_ops") }, text: fixed("no map of struct_ops names this program as a member, so the kernel does not know which operation it is"),
		fix: "name it in the struct in section .struct_ops or .struct_ops.link, or leave the program out"},
	{code: "sleepable", says: says(`Syscall programs can only be sleepable`), text: matched, fix: "its loader must load programs of section syscall with BPF_F_SLEEPABLE, as libbpf does"},
	{code: "return_value", says: says(`BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!?`), text: matched, fix: "return 1, which changes nothing, or attach to a hook that returns a number"},
	{code: "kfunc", says: says(`css_task_iter is only allowed in .*|metadata kfuncs .*|destructive kfunc calls .*|kernel function \w+ (?:returns pointer type|unhandled).*|(?:cannot find address for|address of) kernel function .*`), text: matched, fix: "call it from a program of a type that has it"},
}
