package verify

const nodes = "add what bpf_obj_new() gave, once; remove what a look-up in that list or tree gave, with its lock held; the node is the field that __contains() names"

// objectRules are about what the verifier follows by its state: dynptrs, iterators, kptrs,
// timers, and nodes of lists and trees.
var objectRules = []rule{
	{code: "argument", says: says(`cannot overwrite referenced dynptr|potential write to dynptr at off=-?\d+ disallowed|(?:cannot pass in \S+ at an offset|\S+ has to be at a constant offset|Dynptr has to be an uninitialized dynptr|cannot pass pointer to const bpf_dynptr|Expected a dynptr of type \S+ as|cannot release unowned const bpf_dynptr|Unsupported reg type \S+ for bpf_dynptr_from_mem|\S+ expected pointer to stack or (?:const struct bpf_dynptr|dynptr_ptr)).*`), text: matched,
		fix: "a dynptr is a variable of its own on the stack: give its address as it is, change it through helpers only, and submit or discard what it has reserved before it is used again"},
	{code: "argument", says: says(`expected (?:un)?initialized iter_\w+ as arg ?#\d+|expected valid iter pointer as arg ?#\d+`), text: matched,
		fix: "an iterator is a variable of its own on the stack: call _new first and once, then _next, and _destroy on every path"},
	{code: "invalid_access", says: says(`store to referenced kptr disallowed|kptr (?:cannot be accessed indirectly by helper|access cannot have variable offset|access misaligned .*|access size must be BPF_DW|in map can only be accessed using .*)|BPF_ST imm must be 0 when storing to kptr.*`), text: matched,
		fix: "a field with __kptr in a map's value is one pointer of eight bytes: bpf_kptr_xchg() changes it, and it is read as a whole, between bpf_rcu_read_lock() and bpf_rcu_read_unlock()"},
	{code: "argument", says: says(`R\d+ has no valid kptr|off=-?\d+ (?:doesn't point to kptr|kptr isn't referenced kptr)`), text: matched,
		fix: "give bpf_kptr_xchg() the address of a field of a map's value that is declared with __kptr"},
	{code: "argument", says: says(`map '\S*' has no valid (?:bpf_\w+)|pointer in R\d+ isn't map pointer|off -?\d+ doesn't point to 'struct bpf_\w+' that is at -?\d+|(?:timer|workqueue) pointer in R1 map_uid=\d+ doesn't match map pointer in R2 map_uid=\d+|bpf_timer cannot be used for PREEMPT_RT.*`), text: matched,
		fix: "struct bpf_timer and struct bpf_wq are fields of a map's value: give the address of that field, and _init the map whose value it is in"},
	{code: "lock", says: says(`(?:can't spin_\{lock,unlock\}|rbtree_remove not allowed) in rbtree cb|[Cc]alling bpf_rcu_read_\{lock,unlock\} in unnecessary rbtree callback`), text: matched,
		fix: "the callback of bpf_rbtree_add() only compares two nodes, with the tree's lock held: leave locks and changes of the tree out of it"},
	{code: "argument", says: says(`rbtree_remove node input must be non-owning ref|arg#\d+ is neither owning or non-owning ref|allocated object must be referenced|operation on \S+ expects arg#1 .*|arg#1 offset=-?\d+, but expected .*|\S+ not found at offset=-?\d+`), text: matched,
		fix: nodes},
	{code: "argument", says: says(`(?:bpf_obj_new|bpf_percpu_obj_new|kfunc bpf_rdonly_cast|local)\S* type (?:ID argument|size).*`), text: matched,
		fix: "give a struct of the object's own, as in bpf_obj_new(typeof(*node)); those of bpf_percpu_obj_new() have at most 512 bytes, and numbers only"},
	{code: "argument", says: says(`R\d+ does not point to a readonly map'?|no direct value access support for this map type|direct value access on string failed|string is not zero-terminated|Invalid format string`), text: matched,
		fix: "the text is a constant that ends with a zero byte: static const char fmt[] = \"%d\"; (it is in .rodata, which is frozen), with formats that the helper knows"},
	{code: "argument", says: says(`arg#\d+ (?:arg#\d+ memory, len pair leads to invalid memory access|is expected to be non-NULL|expects pointer to ctx|expected .*)|arg\d+ expected pointer to func|rdonly/rdwr_buf_size .*|\S* ?memory, len pair leads to invalid memory access|get_local_storage\(\) doesn't support non-zero flags|unable to resolve the size of type .*`), when: inProgram, text: matched,
		fix: "give the function what its declaration says: the context as it came, memory of at least the size that is given with it, a constant where it takes one"},
}
