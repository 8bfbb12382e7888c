// A section that names no type of program, and a map larger than any memory.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("who/knows")
int stranger(void *ctx)
{
	return 0;
}

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__type(key, int);
	__type(value, long);
	__uint(max_entries, 1 << 30);
} endless SEC(".maps");

SEC("xdp")
int large(void *ctx)
{
	int key = 0;

	return bpf_map_lookup_elem(&endless, &key) != 0;
}

SEC("xdp")
int small(void *ctx)
{
	return 2;
}

char LICENSE[] SEC("license") = "GPL";
