/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What an XDP program is given, what it may answer, and the headers at the
 * front of a UDP packet. All names are those of the kernel's own headers
 * (linux/bpf.h, linux/if_ether.h, linux/ip.h, linux/udp.h).
 */
#ifndef BPFLAB_PACKET_H
#define BPFLAB_PACKET_H

#include "kernel.h"

/* The context of an XDP program. The verifier turns data and data_end into
 * real pointers; as C they are numbers. */
struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
};

enum xdp_action {
	XDP_ABORTED,	/* drop, and report it at the tracepoint xdp:xdp_exception */
	XDP_DROP,
	XDP_PASS,
	XDP_TX,		/* back out of the interface it came in by */
	XDP_REDIRECT,
	XDP_ACTIONS,	/* how many there are; not an answer */
};

#define ETH_P_IP 0x0800
#define IPPROTO_UDP 17

struct ethhdr {
	__u8 h_dest[6];
	__u8 h_source[6];
	__be16 h_proto;		/* what follows: ETH_P_IP, for one */
} __attribute__((packed));

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u8 ihl : 4;		/* length of the header in 32-bit words: 5, or
				 * more if it has options */
	__u8 version : 4;	/* 4 */
#else
	__u8 version : 4;
	__u8 ihl : 4;
#endif
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;	/* three flags, then the offset in 8 bytes */
	__u8 ttl;
	__u8 protocol;
	__u16 check;
	__be32 saddr;
	__be32 daddr;
};

#define IP_OFFSET 0x1fff	/* the offset's bits in frag_off */

struct udphdr {
	__be16 source;
	__be16 dest;
	__be16 len;
	__u16 check;
};

#endif
