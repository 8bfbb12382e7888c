// SPDX-License-Identifier: Apache-2.0
/*
 * What the static libelf of elfutils 0.192, which Debian 13 has, lacks: it was packed
 * without its own search trees. The loader has one thread, so these need no locks. A tree
 * is a structure that begins with its root.
 */
#define _GNU_SOURCE
#include <search.h>
#include <stddef.h>

typedef int (*comparison)(const void *, const void *);

void eu_search_tree_init(void **root)
{
	*root = NULL;
}

void eu_search_tree_fini(void **root, void (*release)(void *))
{
	tdestroy(*root, release);
	*root = NULL;
}

void *eu_tsearch(const void *key, void **root, comparison compare)
{
	return tsearch(key, root, compare);
}

void *eu_tfind(const void *key, void *const *root, comparison compare)
{
	return tfind(key, root, compare);
}

void *eu_tdelete(const void *key, void **root, comparison compare)
{
	return tdelete(key, root, compare);
}
