// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
//go:build ignore

// Keeps files of one name from being removed, and counts who tries.
#include "kernel.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

#define EPERM 1
#define NAME_LEN 8

/* Of the kernel's structures only what is read here; where it is, CO-RE finds out. */
struct qstr {
	const unsigned char *name;
} __attribute__((preserve_access_index));

struct dentry {
	struct qstr d_name;
} __attribute__((preserve_access_index));

struct inode;

struct who {
	char comm[COMM_LEN];
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 64);
	__type(key, struct who);
	__type(value, __u64);
} refused SEC(".maps");

/* is_kept reports whether a directory entry has the name "keep". */
static __always_inline int is_kept(struct dentry *dentry)
{
	char name[NAME_LEN] = {};

	bpf_probe_read_kernel_str(name, sizeof(name), dentry->d_name.name);
	return name[0] == 'k' && name[1] == 'e' && name[2] == 'e' && name[3] == 'p' && name[4] == '\0';
}

static __always_inline void count(void)
{
	struct who who = {};
	__u64 first = 0, *times;

	bpf_get_current_comm(who.comm, sizeof(who.comm));
	bpf_map_update_elem(&refused, &who, &first, BPF_NOEXIST);
	times = bpf_map_lookup_elem(&refused, &who);
	if (times)
		__sync_fetch_and_add(times, 1);
}

SEC("lsm/inode_unlink")
int BPF_PROG(unlink, struct inode *dir, struct dentry *dentry, int ret)
{
	if (ret)
		return ret; // another one has refused already
	if (!is_kept(dentry))
		return 0;
	count();
	return -EPERM;
}

SEC("lsm/inode_rename")
int BPF_PROG(rename, struct inode *from, struct dentry *old, struct inode *to, struct dentry *new)
{
	if (!is_kept(old) && !is_kept(new))
		return 0;
	count();
	return -EPERM;
}

SEC("lsm/inode_rmdir")
int BPF_PROG(nonsense, struct inode *dir, struct dentry *dentry)
{
	return 1;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
