package verify

const handWritten = "compilers write no such instruction: is it written by hand (asm, or the instructions of a struct bpf_insn), or is the object damaged?"

// codeRules are about the form of a program: its functions, its instructions, and what it
// brings with it.
var codeRules = []rule{
	{code: "exception", says: says(`multiple exception callback tags.*|exception callback '.*' must have global linkage|exception cb only supports single integer argument|.*cannot be called from callback(?: subprog \d+)?|(?:insn \d+ )?cannot call exception cb directly|cannot tail call within exception cb`), text: matched,
		fix: "bpf_throw() is called outside of callbacks; the function that catches (__exception_cb) is one, global, takes one u64 and is called by nothing else"},
	{code: "callback", says: says(`callback function (?:not static|cannot be the main program|not allowed for map)|expected=func|kfunc \S+ failed callback verification`), text: matched,
		fix: "give the address of a static function of this object, with the parameters that the helper's description names"},
	{code: "global_function", says: says(`arg#?\d+ (?:has (?:unsupported set of|invalid combination of|pointer) tags?|arena cannot be combined with).*|Function \S+ has \d+ > \d+ args|Invalid type of function \S+\(\)|Global function \S+\(\) with .*`), text: matched,
		fix: "a global function has at most five parameters, each with at most one __arg tag that fits its type"},
	{code: "return_value", says: says(`R0 not a scalar value`), text: fixed("the callback returns a pointer, or nothing"), fix: "return 0 to go on, or 1 to stop"},
	{code: "lock", says: says(`(\d+) bpf_preempt_enable(?:\(s\)|s)? (?:is|are) missing|\d+ bpf_preempt_enable\S+ missing`), text: fixed("a path ends without bpf_preempt_enable()"), fix: "call bpf_preempt_enable() as often as bpf_preempt_disable(), on every path"},
	{code: "lock", says: says(`global function calls are not allowed (with|while) .*`), text: matched, fix: "make the function static, or call it outside of the region"},
	{code: "instruction", says: says(`cannot use BPF_LD_\[ABS\|IND\] within callback|BPF_LD_\[ABS\|IND\] cannot be mixed with .*|at the time of BPF_LD_ABS\|IND R6 != pointer to skb|LD_ABS is only allowed in functions that return 'int'.*`), text: func(f *failure) string {
		return matched(f) + ": a load of the old packet filter (load_byte, skb[...]) ends the program where the packet is too short"
	}, fix: "release what was acquired before it, or read with bpf_skb_load_bytes()"},
	{code: "arena", says: says(`addr_space_cast insn can only .*|Only one arena per program|sign extending loads from arena are not supported yet`), text: matched, fix: "a program has one map of type ARENA, named in it, and pointers into it are declared with __arena"},
	{code: "map", says: says(`only one cgroup storage of each type is allowed|The total number of maps per program has reached the limit of \d+|bpf_struct_ops map cannot be used in prog|fd -?\d+ is not pointing to valid bpf_map|offload device mismatch between prog and map|cannot update sockmap in this context`), text: matched, fix: "use fewer maps, or those that programs of this type take"},
	{code: "map", says: says(`direct value access of .* is not allowed|direct value offset of \d+ is not allowed|invalid access to map value pointer.*`), text: matched, fix: "only arrays of one entry, which hold global variables, are read without a look-up"},
	{code: "btf", says: says(`.*(?:func info|line info|core_relo).*`), text: matched, fix: "compile with -g and a clang whose BTF this kernel knows, or strip what it does not know"},
	{code: "instruction", says: says(`(?:BPF_\w+(?:/\w+)?|BPF_LD_\[ABS\|IND\]) uses reserved fields|invalid BPF_(?:ALU|JMP/JMP32|LD_IMM|LD)\b.*|unknown insn class \d+|jump (?:out of range|into the middle of ldimm64).*|call to invalid destination|R\d+ is invalid|frame pointer is read only|invalid bpf_ld_imm64 insn|invalid may_goto.*|invalid insn idx .*|insn \d+ cannot be patched due to 16-bit range`), text: matched, fix: handWritten},
	{code: "verifier_bug", says: says(`(?m)(?:.*verifier (?:internal error|bug|BUG)|^BUG |kernel subsystem misconfigured|bpf verifier .*misconfigured|REG INVARIANTS VIOLATION|Verifier bug).*`), text: func(f *failure) string {
		return "the verifier reports an error of its own: " + matched(f)
	}, fix: "try a newer kernel of the series; if it is there too, it is for bpf@vger.kernel.org, with the object"},
}
