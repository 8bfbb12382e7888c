/* SPDX-License-Identifier: Apache-2.0 */
#include <stdbool.h>

#include <bpf/libbpf.h>
#include <linux/bpf.h>

/* What a BPF_MAP_CREATE is compared by: all of it but the types of keys and values. */
union bpf_attr kept_key(const union bpf_attr *attr, unsigned int size);

/* Returns a descriptor of a map that was kept, -1 if there is none. */
int kept_map(const union bpf_attr *key);

/* Keeps a map that a task's process has made, if it may be: see kept_maps.c. */
void keep_map(const union bpf_attr *key, int fd, const struct bpf_object *object);

/* The serving process calls these: at its beginning, before a task with its object's path,
 * and after it. */
void kept_begin(void);
void kept_before(const char *object);
void kept_after(void);
