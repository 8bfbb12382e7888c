/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The few types and numbers of the kernel's ABI that the labs use. They are
 * the same on every kernel and every architecture, so no kernel header and no
 * BTF is needed to compile a lab. Include it before <bpf/bpf_helpers.h>, which
 * expects __u8 to __u64 to be there.
 */
#ifndef BPFLAB_KERNEL_H
#define BPFLAB_KERNEL_H

typedef unsigned char __u8;
typedef signed char __s8;
typedef unsigned short __u16;
typedef short __s16;
typedef unsigned int __u32;
typedef int __s32;
typedef unsigned long long __u64;
typedef long long __s64;

/* Numbers in network byte order: convert before you compare. */
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u32 __wsum;

/* enum bpf_map_type */
#define BPF_MAP_TYPE_HASH 1
#define BPF_MAP_TYPE_ARRAY 2
#define BPF_MAP_TYPE_PROG_ARRAY 3
#define BPF_MAP_TYPE_PERF_EVENT_ARRAY 4
#define BPF_MAP_TYPE_PERCPU_ARRAY 6
#define BPF_MAP_TYPE_RINGBUF 27

/* Flags of bpf_map_update_elem. */
#define BPF_ANY 0	/* create or replace */
#define BPF_NOEXIST 1	/* create, and fail if it is there */

/* Index of bpf_perf_event_output: the CPU that the program runs on. */
#define BPF_F_CURRENT_CPU 0xffffffffULL

/* Bytes of a task's name, with the zero at its end (TASK_COMM_LEN). */
#define COMM_LEN 16

#endif
