/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What a program is given when a process names an address: to connect a socket
 * to, or to send a datagram to.
 */
#ifndef BPFLAB_SOCKADDR_H
#define BPFLAB_SOCKADDR_H

#include "kernel.h"

struct bpf_sock_addr {
	__u32 user_family;
	__be32 user_ip4;	/* may be written */
	__be32 user_ip6[4];
	__u32 user_port;	/* in network byte order, may be written */
	__u32 family;
	__u32 type;
	__u32 protocol;
};

/* What the program answers. */
#define SOCKADDR_REFUSE 0
#define SOCKADDR_ALLOW 1

#endif
