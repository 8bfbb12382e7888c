// SPDX-License-Identifier: Apache-2.0
/*
 * Maps that are made once for all programs of an object. To make and to remove a hash table
 * takes longer than to load most programs. So a task's process sends the maps that it makes
 * to the process that forked it, and the processes of later tasks have them.
 *
 * Only maps that a program cannot be told apart by are kept: of types that are bound to no
 * program, not libbpf's own for global data, which it fills and freezes, and with values in
 * which the verifier looks for no locks, timers, lists or pointers of the kernel.
 */
#define _GNU_SOURCE
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <fcntl.h>
#include <unistd.h>

#include <bpf/btf.h>

#include "kept_maps.h"

enum { MOST_KEPT = 64, DEEPEST = 32, MOST_TYPES = 10000 };

static struct {
	union bpf_attr key;
	int fd;
} kept[MOST_KEPT];
static int kept_count;
static int ends[2] = { -1, -1 }; /* tasks write to the second, and the serving process reads the first */

union bpf_attr kept_key(const union bpf_attr *attr, unsigned int size)
{
	union bpf_attr key;

	memset(&key, 0, sizeof(key));
	memcpy(&key, attr, size < sizeof(key) ? size : sizeof(key));
	key.btf_fd = 0;
	key.btf_key_type_id = 0;
	key.btf_value_type_id = 0;
	return key;
}

int kept_map(const union bpf_attr *key)
{
	for (int i = 0; i < kept_count; i++)
		if (!memcmp(&kept[i].key, key, sizeof(*key)))
			return fcntl(kept[i].fd, F_DUPFD_CLOEXEC, 3);
	return -1;
}

static bool is_kept_type(uint32_t type)
{
	switch (type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_RINGBUF:
		return true;
	}
	return false;
}

static bool is_plain(const struct btf *btf, uint32_t id, int depth, int *visits);

static bool has_plain_members(const struct btf *btf, const struct btf_type *t, int depth, int *visits)
{
	const char *name = btf__name_by_offset(btf, t->name_off);
	const struct btf_member *m = btf_members(t);

	if (name && !strncmp(name, "bpf_", 4))
		return false; /* bpf_spin_lock, bpf_timer, bpf_list_head, … */
	for (int i = 0; i < btf_vlen(t); i++)
		if (!is_plain(btf, m[i].type, depth, visits))
			return false;
	return true;
}

/* Reports whether the verifier takes a value of the type for nothing but bytes. */
static bool is_plain(const struct btf *btf, uint32_t id, int depth, int *visits)
{
	const struct btf_type *t = btf__type_by_id(btf, id);

	if (id == 0)
		return true;
	if (!t || depth == DEEPEST || ++*visits > MOST_TYPES)
		return false;
	switch (btf_kind(t)) {
	case BTF_KIND_PTR:
		t = btf__type_by_id(btf, t->type);
		return t && btf_kind(t) != BTF_KIND_TYPE_TAG;
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
		return is_plain(btf, t->type, depth + 1, visits);
	case BTF_KIND_ARRAY:
		return is_plain(btf, btf_array(t)->type, depth + 1, visits);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return has_plain_members(btf, t, depth + 1, visits);
	case BTF_KIND_INT:
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
	case BTF_KIND_FLOAT:
		return true;
	}
	return false;
}

/* Reports whether all maps of the object that have the name have plain values. */
static bool has_plain_values(const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	struct bpf_map *map;
	int found = 0, visits = 0;

	bpf_object__for_each_map(map, object) {
		if (strncmp(bpf_map__name(map), name, BPF_OBJ_NAME_LEN - 1))
			continue;
		found++;
		if (btf && !is_plain(btf, bpf_map__btf_value_type_id(map), 0, &visits))
			return false;
	}
	return found;
}

void keep_map(const union bpf_attr *key, int fd, const struct bpf_object *object)
{
	struct iovec part = { (void *)key, sizeof(*key) };
	char control[CMSG_SPACE(sizeof(int))] = {};
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);

	if (ends[1] < 0 || !is_kept_type(key->map_type) || !key->map_name[0] || strchr(key->map_name, '.') || !has_plain_values(object, key->map_name))
		return;
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &fd, sizeof(int));
	sendmsg(ends[1], &message, MSG_DONTWAIT); /* what is not sent is made again */
}

void kept_begin(void)
{
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
		ends[0] = ends[1] = -1;
}

static void forget(void)
{
	while (kept_count)
		close(kept[--kept_count].fd);
}

void kept_before(const char *object)
{
	static struct stat last;
	struct stat now;

	if (stat(object, &now))
		memset(&now, 0, sizeof(now));
	if (now.st_ino != last.st_ino || now.st_size != last.st_size || now.st_mtim.tv_sec != last.st_mtim.tv_sec || now.st_mtim.tv_nsec != last.st_mtim.tv_nsec)
		forget(); /* another object: its maps would not be taken for these, but they take memory */
	last = now;
}

/* Takes one map that a task has sent, and reports whether there was one. */
static bool take(void)
{
	union bpf_attr key;
	struct iovec part = { &key, sizeof(key) };
	char control[CMSG_SPACE(sizeof(int))];
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control) };
	struct cmsghdr *header;

	if (ends[0] < 0 || recvmsg(ends[0], &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC) != sizeof(key))
		return false;
	header = CMSG_FIRSTHDR(&message);
	if (!header || header->cmsg_type != SCM_RIGHTS)
		return true;
	if (kept_count == MOST_KEPT)
		forget();
	kept[kept_count].key = key;
	memcpy(&kept[kept_count++].fd, CMSG_DATA(header), sizeof(int));
	return true;
}

void kept_after(void)
{
	while (take())
		;
}
