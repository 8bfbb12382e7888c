package verify

// pointerRules are about what may be done with a pointer, and what it points to.
var pointerRules = []rule{
	{code: "invalid_access", says: says(`attempt to corrupt spilled pointer on stack|invalid size of register (?:spill|fill)|R\d+ (?:partial copy of|sign-extension part of) pointer`), text: func(f *failure) string {
		return matched(f) + ": a part of a pointer is copied or overwritten"
	}, fix: "copy pointers whole, all eight bytes; are a struct's members or a cast to a smaller type at fault?"},
	{code: "invalid_access", says: says(`cannot (?:spill pointers to stack into stack frame of the caller|return stack pointer to the caller)`), text: matched,
		fix: "a function's stack is gone after it: give the caller numbers, or let it give the address of its own variable"},
	{code: "invalid_access", says: says(`\w+ pointer offset -?\d+ is not allowed|math between \S+ pointer and (?:-?\d+|register with unbounded (?:min|max) value) is not allowed|R\d+ (?:has unknown scalar with mixed signed bounds|tried to (?:add|sub) (?:from different maps, paths or scalars|beyond pointer bounds)|has pointer with unsupported alu operation|could not be pushed for speculative verification).*`), text: func(f *failure) string {
		return "what is added to the pointer may go too far: " + matched(f)
	}, fix: boundIndex},
	{code: "invalid_access", says: says(`R\d+ (?:tried to subtract pointer from scalar|subtraction from stack pointer|bitwise operator \S+ on pointer|pointer arithmetic with \S+ operator).*`), text: matched,
		fix: "pointers take additions and subtractions of numbers only: compute with numbers, and add the result once"},
	{code: "invalid_access", says: says(`read from map forbidden.*`), text: fixed("it reads a map that programs only write (BPF_F_WRONLY_PROG)"), fix: "remove the flag, or read the map from user space"},
	{code: "invalid_access", says: says(`write to change key R\d+ not allowed`), text: fixed("it writes to a map's key, which the callback of bpf_for_each_map_elem() only reads"), fix: "change the value, or delete the entry and add another one"},
	{code: "invalid_access", says: says(`negative offset (\w+) ptr R(\d+) off=-?\d+ disallowed|variable (\w+) access var_off=\S+(?: \S+)? disallowed|R\d+ is ptr_\w+ invalid (?:negative|variable) .*`), text: matched,
		fix: "give this pointer as it came: of memory of the kernel only fixed offsets, those of fields, are read or passed on"},
	{code: "invalid_access", says: says(`R\d+ invalid (\w+) access off=(-?\d+) size=(\d+)`), text: func(f *failure) string {
		return matched(f) + ": struct " + networkStruct(f.match[1]) + " has no such field, or programs read it in another size"
	}, fix: "read the fields by their names, each whole, as include/uapi/linux/bpf.h has them"},
	{code: "invalid_access", says: says(`R\d+ offset is outside of the packet`), text: matched, fix: "compare the pointer with data_end before it is used, and bound what is added to it to less than 65535"},
	{code: "invalid_access", says: says(`variable offset stack pointer cannot be passed into helper function.*|spilled ptr in range of var-offset stack write.*`), text: matched, fix: boundIndex},
	{code: "invalid_access", says: says(`R\d+ invalid (?:\w+ buffer access|variable buffer offset):? .*`), text: func(f *failure) string {
		return matched(f) + ": that is before or beyond what the kernel hands over"
	}, fix: boundIndex},
	{code: "invalid_access", says: says(`(\S+) cannot be accessed directly by load/store|map_ptr access not supported for map type \d+`), text: matched, fix: "use the helper or kernel function that is for it: bpf_dynptr_data() or bpf_dynptr_read() for dynptrs, bpf_map_lookup_elem() for maps"},
	{code: "invalid_access", says: says(`BPF_(?:ATOMIC|XADD) stores into R\d+ (\S+) is not allowed`), text: func(f *failure) string {
		return matched(f) + ": atomic operations are for maps' values, the stack and memory of ring buffers"
	}, fix: "change it with a load and a store, or count in a map"},
	{code: "invalid_access", says: says(`invalid atomic operand size`), text: matched, fix: "atomic operations take numbers of four and of eight bytes"},
	{code: "invalid_access", says: says(`(?:struct \w+ doesn't have field at offset -?\d+|Type '\w*' is not a struct|field \w+ doesn't have size|max struct nesting depth exceeded).*`), text: matched,
		fix: "the struct is another in this kernel: mark it preserve_access_index (CO-RE), or read with bpf_probe_read_kernel()"},
	{code: "privilege", says: says(`R\d+ leaks addr (?:into \w+.*|as return value)|leaking pointer from stack.*|'struct \w+' access is allowed only to CAP_\w+.*|.* (?:require|allowed for) CAP_\w+.*|.* prohibited for !root.*|CAP_BPF and CAP_PERFMON are required .*`), text: matched,
		fix: "load it as root, or with CAP_BPF and CAP_PERFMON: without them a program may not hand out the kernel's addresses"},
}

// networkStructs are the structs of include/uapi/linux/bpf.h whose pointers the verifier names so.
var networkStructs = map[string]string{"sock": "bpf_sock", "sock_common": "bpf_sock", "tcp_sock": "bpf_tcp_sock", "xdp_sock": "bpf_xdp_sock", "flow_keys": "bpf_flow_keys"}

func networkStruct(kind string) string {
	if name, ok := networkStructs[kind]; ok {
		return name
	}
	return kind
}
