/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What a program of the traffic control layer (tc) is given, and what it may
 * answer.
 */
#ifndef BPFLAB_SKB_H
#define BPFLAB_SKB_H

#include "packet.h"

/* The context: a packet in the kernel's own buffer, with what the kernel knows
 * of it. data and data_end are as in struct xdp_md. */
struct __sk_buff {
	__u32 len;		/* of the whole packet, from the Ethernet header on */
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
};

#define TC_ACT_OK 0	/* let it go on */
#define TC_ACT_SHOT 2	/* drop it */

#endif
