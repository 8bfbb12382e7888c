// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

#include "sockaddr.h"
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

#define BLOCKED_PORT 7777
#define PUBLIC_PORT 80
#define LOCAL_IP 0x7f000001 // 127.0.0.1
#define LOCAL_PORT 8080
#define ECONNREFUSED 111

char LICENSE[] SEC("license") = "Dual BSD/GPL";

// Refusals by port.
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1024);
	__type(key, __u32);
	__type(value, __u64);
} refusals SEC(".maps");

// The answer for a port that is refused, which is counted first.
static __always_inline int refuse_port(__u32 port)
{
	__u64 zero = 0, *count;

	bpf_map_update_elem(&refusals, &port, &zero, BPF_NOEXIST);
	count = bpf_map_lookup_elem(&refusals, &port);
	if (count)
		__sync_fetch_and_add(count, 1);
	return SOCKADDR_REFUSE;
}

SEC("cgroup/connect4")
int refuse(struct bpf_sock_addr *ctx)
{
	__u32 port = bpf_ntohs(ctx->user_port);

	// TODO: refuse BLOCKED_PORT.
	(void)port;
	return SOCKADDR_ALLOW;
}

SEC("cgroup/connect4")
int redirect(struct bpf_sock_addr *ctx)
{
	// TODO: make what goes to PUBLIC_PORT go to LOCAL_IP and LOCAL_PORT.
	return SOCKADDR_ALLOW;
}

SEC("cgroup/sendmsg4")
int refuse_datagram(struct bpf_sock_addr *ctx)
{
	// TODO: as refuse does.
	return SOCKADDR_ALLOW;
}

SEC("cgroup/connect4")
int nobody_there(struct bpf_sock_addr *ctx)
{
	__u32 port = bpf_ntohs(ctx->user_port);

	if (port != BLOCKED_PORT)
		return SOCKADDR_ALLOW;
	// TODO: choose the error with bpf_set_retval.
	return refuse_port(port);
}
