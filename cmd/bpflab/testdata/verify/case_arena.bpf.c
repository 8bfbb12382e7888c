// An arena and a variable in it, for which clang 19 or newer is needed.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define in_arena __attribute__((address_space(1)))

struct {
	__uint(type, 33); /* BPF_MAP_TYPE_ARENA, which headers have from 6.9 on */
	__uint(map_flags, 1 << 10); /* BPF_F_MMAPABLE */
	__uint(max_entries, 8);
} pages SEC(".maps");

void in_arena *bpf_arena_alloc_pages(void *map, void in_arena *at, __u32 n, int node, __u64 flags)
	__attribute__((section(".ksyms"), weak));

int in_arena visits;

SEC("syscall") int visit(void *ctx)
{
	if (!bpf_arena_alloc_pages(&pages, 0, 1, -1, 0))
		return 1;
	return ++visits;
}

char LICENSE[] SEC("license") = "GPL";
