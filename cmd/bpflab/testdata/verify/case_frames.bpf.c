// Frames of functions that are too much together, where they are on one stack.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define FRAME(name, rest) \
	static __attribute__((noinline)) int name(volatile int at) \
	{ \
		volatile char room[320]; \
		room[0] = at; room[319] = at; \
		return room[at & 1] + rest; \
	}

FRAME(deepest, 0)
FRAME(deeper, deepest(at))

SEC("kprobe/do_exit") int deep_enough(void *ctx) { return deeper(bpf_get_prandom_u32()) & 1; }

char LICENSE[] SEC("license") = "GPL";
