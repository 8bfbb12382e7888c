// Programs that some kernels take and others do not, for the test of `bpflab
// verify`.
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

// More instructions than a kernel before 5.2 takes.
SEC("socket")
int many(void *ctx)
{
	long one = 1;

	asm volatile(".rept 5000\n\tr1 = 0\n\t.endr" ::: "r1");
	return one;
}

// A loop with a bound, which kernels from 5.3 on take.
SEC("socket")
int bounded(struct __sk_buff *skb)
{
	int sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < 100; i++) {
		sum += skb->len;
		asm volatile("" : "+r"(sum));
	}
	return sum;
}

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

// A ring buffer, which kernels from 5.8 on have.
SEC("tracepoint/syscalls/sys_enter_execve")
int ring(void *ctx)
{
	void *record = bpf_ringbuf_reserve(&records, 8, 0);

	if (record)
		bpf_ringbuf_submit(record, 0);
	return 0;
}

// A packet is read without a look at its end: no kernel takes that.
SEC("xdp")
int careless(struct xdp_md *xdp)
{
	char *packet = (void *)(long)xdp->data;

	return packet[0];
}

char LICENSE[] SEC("license") = "GPL";
