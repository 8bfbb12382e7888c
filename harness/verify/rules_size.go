package verify

import (
	"fmt"

	"github.com/bpflab/bpflab/vms/kernel"
)

// largestBefore52 is BPF_MAXINSNS of include/uapi/linux/bpf_common.h, which was
// every program's limit until commit c04c0d2b968a of 5.2.
const largestBefore52 = 4096

// sizeRules are about the verifier's limits, loops and instruction sets.
var sizeRules = []rule{
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
	}, fix: "unroll it, if it has a fixed number of rounds (#pragma unroll); kernels from 5.3 on take loops with a bound"},
	{code: "infinite_loop", says: says(`infinite loop detected at insn (\d+)`), text: func(f *failure) string {
		return "the loop at instruction " + f.match[1] + " comes back to where it was"
	}, fix: "give the loop a bound that the verifier can see: for (int i = 0; i < 100; i++)"},
	{code: "stack", says: says(`combined stack size of (\d+) calls is (\d+)\. Too large`), text: stacksTogether, fixes: stacksFix},
	{code: "stack", says: says(`tail_calls are not allowed when call stack.*`), text: matched, fix: "the callers of a function that makes tail calls may have less than 256 bytes of stack together: " + lessStack},
	{code: "stack", says: says(`(?:invalid stack off=|Looks like the BPF stack limit|stack size of subprog \d+ is|stack size \d+\(extra).*|invalid (?:indirect )?(?:read|write|access) (?:from|to) stack (?:R\d+ )?off[= ]-(?:51[3-9]|5[2-9]\d|[6-9]\d\d|\d{4,}).*`), text: matched, fix: "a function has 512 bytes of stack, in programs of every type: " + lessStack},
	{code: "call_depth", says: says(`the call stack of \d+ frames is too deep.*`), text: matched, fix: "inline some: `bpflab limits --only call_depth` shows how many a kernel takes"},
	{code: "complexity", says: says(`too many (?:subprograms|different kernel function calls|different module BTFs)`), text: matched, fix: "split the program with tail calls"},
	{code: "jit", says: says(`JIT (?:is required|does not support|doesn't support).*|.*not allowed in non-JITed programs.*`), text: matched, fix: "turn the JIT on (sysctl net.core.bpf_jit_enable=1); some architectures' JIT lacks it"},
	{code: "instruction", says: says(`div by zero|invalid shift (-?\d+)`), text: func(f *failure) string { return matched(f) + ": by a constant" }, fix: "the constant is wrong: look at the line"},
	{code: "instruction", says: says(`BPF_LD_\[ABS\|IND\] instructions not allowed for this program type`), text: func(f *failure) string {
		return "loads of the old packet filter (load_byte, skb[...]) are not for programs of type " + f.Type
	}, fix: "they are for socket filters and tc; elsewhere bpf_skb_load_bytes() or direct access"},
	{code: "unreachable", says: says(`unreachable insn \d+`), text: matched, fix: "is there a loop without an exit, or a branch that is never taken, before it? Give the loop a bound, or remove the code"},
	{code: "unreachable", says: says(`last insn is not an exit or jmp`), text: func(f *failure) string {
		return matched(f) + ": a path runs out of the function's end"
	}, fix: "give loops a bound and return a value on every path: clang leaves out what follows a loop without an exit, or undefined behaviour"},
	{code: "instruction", says: says(`unknown opcode e5`), when: before(6, 9), text: fixed("it has the instruction may_goto (cond_break, can_loop), which Linux has from 6.9 on"), fix: "give the loop a bound where the kernel is older"},
	{code: "instruction", says: says(`BPF_XADD uses reserved fields|BPF_STX uses reserved fields`), when: before(5, 12), text: fixed("it uses the old value of an atomic operation, or another one than an addition, which Linux has from 5.12 on (and clang with -mcpu=v3)"), fix: "do not use the value that __sync_fetch_and_add() returns where the kernel is older"},
	{code: "instruction", says: says(`BPF_ATOMIC uses invalid atomic opcode (?:100|110)`), text: fixed("it has a load_acquire or store_release, which Linux has from 6.15 on"), fix: "use __sync operations where the kernel is older"},
	{code: "instruction", says: says(`unknown opcode ([0-9a-df][0-9a-f]|e[0-46-9a-f])`), text: func(f *failure) string {
		return "instruction " + f.match[1] + " is of a later instruction set than this kernel knows" + instructionSet(f.match[1])
	}, fix: "compile with -mcpu=v2, which all kernels from 4.14 on know (v3 is for 5.12 and later, v4 for 6.6 and later)"},
	{code: "instruction", says: says(`BPF_(?:LDX|MOV|ALU|JA|JMP|END) uses reserved fields`), when: before(6, 6), text: func(f *failure) string {
		return matched(f) + ": it is compiled for instruction set v4, which Linux has from 6.6 on"
	}, fix: "compile with -mcpu=v3, or -mcpu=v2 for kernels before 5.12"},
	{code: "instruction", says: says(`number of funcs in func_info doesn't match number of subprogs|unrecognized bpf_ld_imm64 insn`), when: givesFunction, text: fixed("it gives a function to a helper that calls it (a callback, as of bpf_for_each_map_elem), which Linux has from 5.13 on"), fix: "write a loop with a bound where the kernel is older"},
}

// givesFunction reports whether the program gives a function to a helper, on a kernel
// that knows no such thing.
func givesFunction(f *failure) bool { return f.program.callback && before(5, 13)(f) }

// instructionSet names the set that brought an opcode.
func instructionSet(opcode string) string {
	switch opcode {
	case "d7", "06":
		return ", v4 (from 6.6 on)"
	case "c4", "cc":
		return ", v3 (from 5.1 on)"
	}
	if last := opcode[1]; last == '6' || last == 'e' {
		return ", v3 (from 5.1 on)" // jumps that compare 32 bits
	}
	return ""
}

func tooLongBefore52(f *failure) bool {
	return f.version.Compare(kernel.Version{Major: 5, Minor: 2}) < 0 && f.program.Insns > largestBefore52
}

func tooLong(f *failure) string {
	return fmt.Sprintf("it has %d instructions, and before 5.2 a program has at most 4096; accepted from 5.2 on", f.program.Insns)
}
