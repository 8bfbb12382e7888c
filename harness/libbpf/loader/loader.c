// SPDX-License-Identifier: Apache-2.0
/*
 * Loads one program of an eBPF object as libbpf does, and prints what libbpf and the
 * kernel said as one JSON object.
 *
 *   loader OBJECT PROGRAM [--attach] [--attach-target FUNC] [--map-size MAP=N]... [--btf FILE]
 *   loader serve < TASKS
 *   loader remove FILE...
 *
 * A task is the arguments of one program, each ended by a NUL, and one more NUL. It runs in
 * a process of its own, so that a crash of libbpf costs no other one; the process that
 * forks it has read the kernel's types before, which takes longer than most programs. After
 * each task comes a line "end STATUS SIGNAL", of which the signal's name may be missing, and
 * the next task may be sent.
 *
 * The Go package above it (answer.go) embeds the program, and has the JSON's fields.
 * It is linked with -Wl,--wrap=syscall, so that every bpf(2) of libbpf comes by here:
 * what libbpf refused by itself is kept apart from what the kernel refused, and a
 * rejected program is verified again for the log of its instructions without another
 * preparation.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <linux/bpf.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kept_maps.h"

#ifndef LIBBPF_PACKAGE
#define LIBBPF_PACKAGE (libbpf_version_string() + 1)
#endif

/* Sizes and levels of logs, and when a rejected program is verified again, are those of
 * harness/probe/log.go. */
enum {
	LOG_INSNS = 1,
	LOG_STATS = 4,
	LOG_SIZE = (16 << 20) - 1,
	SMALLEST_LOG = 64 << 10,
	SHARE_OF_FREE = 16,
	BYTES_AN_INSN = 512,
	LOG_KEPT = 1 << 20,
	LARGEST_LOG = (1 << 30) - 1, /* of kernels from 5.2 on */
	LONG_PROGRAM = 64, /* instructions, whose log is longer than */
	SHORT_LOG = 512,
};
static const char closing[] = " insns (limit "; /* of the line that ends a log */
static const double longest_walk = 2; /* seconds */

enum { LONGEST_RUN = 600 }; /* seconds of processor time */

/* ---- JSON ---- */

static void put_string(const char *s, size_t size)
{
	putchar('"');
	for (size_t i = 0; i < size && s[i]; i++) {
		unsigned char c = s[i];

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c == '\n')
			fputs("\\n", stdout);
		else if (c < ' ' || c >= 0x7f)
			printf("\\u%04x", c < ' ' ? c : '?');
		else
			putchar(c);
	}
	putchar('"');
}

static void put_field(const char *name, const char *value)
{
	printf(",\"%s\":", name);
	put_string(value, SIZE_MAX);
}

static void put_number(const char *name, long value)
{
	printf(",\"%s\":%ld", name, value);
}

/* ---- what libbpf says ---- */

static char said[32 << 10];
static size_t said_size;

static int hear(enum libbpf_print_level level, const char *format, va_list args)
{
	int n;

	if (level == LIBBPF_DEBUG && !strstr(format, "(weak): not resolved"))
		return 0;
	if (said_size >= sizeof(said) - 1)
		return 0;
	n = vsnprintf(said + said_size, sizeof(said) - said_size, format, args);
	if (n > 0)
		said_size += n;
	if (said_size > sizeof(said) - 1)
		said_size = sizeof(said) - 1;
	return 0;
}

/* ---- what the kernel says ---- */

static struct {
	char *log;    /* the buffer that libbpf passes on */
	bool terse;   /* the kernel can leave instructions out of its log */
	bool seen;    /* the kernel was asked */
	double took;  /* the first walk, in seconds */
	int map_errno; /* of the last map that could not be created */
	char map_name[BPF_OBJ_NAME_LEN + 1];
	uint32_t map_type, map_key, map_value, map_entries, map_flags;
} kernel;

long __real_syscall(long number, ...);

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static int bpf(int cmd, union bpf_attr *attr, unsigned int size)
{
	return __real_syscall(__NR_bpf, cmd, attr, size);
}

static long long free_memory(void)
{
	char line[128];
	long long kib = 0;
	FILE *f = fopen("/proc/meminfo", "r");

	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "MemAvailable: %lld kB", &kib) == 1)
			break;
	if (f)
		fclose(f);
	return kib << 10;
}

static long number_after(const char *text, const char *word)
{
	const char *at = text ? strstr(text, word) : NULL;

	return at ? atol(at + strlen(word)) : 0;
}

/* Returns the size of the log of a rejected program's instructions, 0 for none. */
static long insn_log(const char *terse, double took)
{
	long long size = free_memory() / SHARE_OF_FREE;
	long usec = number_after(terse, "verification time ");

	if (size > LOG_SIZE)
		size = LOG_SIZE;
	if (usec > 0)
		took = usec / 1e6;
	return size < SMALLEST_LOG || took > longest_walk ? 0 : size;
}

/* Verifies a rejected program again, with a log in a buffer. Reports whether all of the log is
 * in it, or what the kernel keeps of it. */
static bool walk(union bpf_attr attr, unsigned int size, int level, char *log, unsigned int room)
{
	int fd;

	attr.log_level = level;
	attr.log_size = room;
	attr.log_buf = (uintptr_t)log;
	fd = bpf(BPF_PROG_LOAD, &attr, size);
	if (fd >= 0)
		close(fd);
	return fd >= 0 || errno != ENOSPC;
}

/* ---- the end of a long log ---- */

/* Reports whether the kernel keeps the end of a log that is longer than its buffer, as from 6.4
 * on. */
static bool keeps_end(void)
{
	struct bpf_insn insns[LONG_PROGRAM];
	union bpf_attr attr;

	memset(insns, 0, sizeof(insns));
	for (int i = 0; i < LONG_PROGRAM; i++)
		insns[i].code = BPF_ALU64 | BPF_MOV | BPF_K;
	insns[LONG_PROGRAM - 1].code = BPF_JMP | BPF_EXIT;
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insn_cnt = LONG_PROGRAM;
	attr.insns = (uintptr_t)insns;
	attr.license = (uintptr_t) "GPL";
	return !walk(attr, sizeof(attr), LOG_INSNS, kernel.log, SHORT_LOG) && strstr(kernel.log, closing);
}

/* Maps the same pages again and again: a kernel that writes its log from the beginning to the
 * end of that leaves the end of the log in them. */
static char *map_ring(long size, unsigned int turns)
{
	int fd = memfd_create("log", MFD_CLOEXEC);
	char *ring = mmap(NULL, size * turns, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	bool whole = fd >= 0 && ring != MAP_FAILED && !ftruncate(fd, size);

	for (unsigned int i = 0; whole && i < turns; i++)
		whole = mmap(ring + i * size, size, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, fd, 0) != MAP_FAILED;
	if (fd >= 0)
		close(fd);
	return whole ? ring : NULL;
}

/* Copies the end of the log in a ring. What a log ends with says where that is: the kernel goes
 * back in its log when it has finished a path, and leaves what it wrote of it. */
static bool copy_end(const char *ring, long size)
{
	const char *end = memmem(ring, 2 * size, closing, strlen(closing));
	char *begin = kernel.log;

	if (!end)
		return false;
	end += strnlen(end, size);
	if (end < ring + size)
		end += size;
	memcpy(kernel.log, end - LOG_KEPT, LOG_KEPT);
	for (long i = 0; i < LOG_KEPT; i++)
		if (!kernel.log[i])
			kernel.log[i] = '\n';
	kernel.log[LOG_KEPT] = 0;
	begin += strcspn(begin, "\n"); /* of a line that is cut off, or of none */
	begin += strspn(begin, "\n");
	memmove(kernel.log, begin, strlen(begin) + 1);
	return true;
}

/* Verifies a rejected program again, whose log is longer than a buffer may be, for the end of
 * it. */
static bool walk_long(union bpf_attr attr, unsigned int size, long room)
{
	unsigned int turns;
	char *ring;

	if (keeps_end()) {
		walk(attr, size, LOG_INSNS | LOG_STATS, kernel.log, LOG_KEPT);
		return strstr(kernel.log, closing);
	}
	room &= -(long)SMALLEST_LOG; /* whole pages */
	turns = LARGEST_LOG / room;
	ring = room < LOG_KEPT ? NULL : map_ring(room, turns);
	return ring && walk(attr, size, LOG_INSNS | LOG_STATS, ring, room * turns) && copy_end(ring, room);
}

/* Verifies a rejected program again, for the log of its instructions. */
static void walk_again(union bpf_attr attr, unsigned int size)
{
	const char *terse = kernel.terse ? kernel.log : NULL;
	long room = insn_log(terse, kernel.took);
	bool fits = number_after(terse, "processed ") * (long long)BYTES_AN_INSN <= room;
	char *first;

	if (!room)
		return;
	first = strdup(kernel.log);
	if (fits)
		fits = walk(attr, size, kernel.terse ? LOG_INSNS | LOG_STATS : LOG_INSNS, kernel.log, room);
	else
		fits = walk_long(attr, size, room);
	if (!fits && first && first[0])
		strcpy(kernel.log, first);
	free(first);
}

/* Loads the program that the loader was started for. */
static int load_target(union bpf_attr *attr, unsigned int size)
{
	double began = now();
	int fd, err;

	kernel.seen = true;
	kernel.log[0] = 0;
	attr->log_level = LOG_STATS;
	if (!kernel.terse) {
		attr->log_level = 0;
		attr->log_size = 0;
		attr->log_buf = 0;
	}
	fd = bpf(BPF_PROG_LOAD, attr, size);
	err = errno;
	kernel.took = now() - began;
	if (fd < 0 && err != EAGAIN && err != ENOMEM)
		walk_again(*attr, size);
	errno = err;
	return fd;
}

static struct bpf_object *opened; /* of the task */

static int create_map(union bpf_attr *attr, unsigned int size)
{
	union bpf_attr key = kept_key(attr, size);
	int fd = kept_map(&key);

	if (fd >= 0)
		return fd;
	fd = bpf(BPF_MAP_CREATE, attr, size);
	if (fd >= 0) {
		keep_map(&key, fd, opened);
	} else {
		kernel.map_errno = errno;
		kernel.map_type = attr->map_type;
		kernel.map_key = attr->key_size;
		kernel.map_value = attr->value_size;
		kernel.map_entries = attr->max_entries;
		kernel.map_flags = attr->map_flags;
		memcpy(kernel.map_name, attr->map_name, BPF_OBJ_NAME_LEN);
		errno = kernel.map_errno;
	}
	return fd;
}

/* Stands in for syscall(2) in all of libbpf: see -Wl,--wrap=syscall. */
long __wrap_syscall(long number, ...)
{
	long a[6];
	va_list args;

	va_start(args, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(args, long);
	va_end(args);
	if (number == __NR_bpf) {
		union bpf_attr *attr = (union bpf_attr *)a[1];

		if (a[0] == BPF_PROG_LOAD && kernel.log && attr->log_buf == (uintptr_t)kernel.log)
			return load_target(attr, a[2]);
		if (a[0] == BPF_MAP_CREATE)
			return create_map(attr, a[2]);
	}
	return __real_syscall(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Reports whether the kernel's log at LOG_STATS has statistics only, as from 5.2 on. */
static bool has_terse_log(void)
{
	struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attr;
	int fd, tries = 5;
	bool terse;

	/* All of it, which an initializer need not do: old kernels refuse what is not zero
	 * behind the fields that they know. */
	memset(&attr, 0, sizeof(attr));
	attr.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attr.insn_cnt = 2;
	attr.insns = (uintptr_t)insns;
	attr.license = (uintptr_t) "GPL";
	attr.log_level = LOG_STATS;
	attr.log_size = LOG_SIZE;
	attr.log_buf = (uintptr_t)kernel.log;
	do /* a signal makes the verifier give up */
		fd = bpf(BPF_PROG_LOAD, &attr, sizeof(attr));
	while (fd < 0 && errno == EAGAIN && --tries);
	terse = fd >= 0 && strstr(kernel.log, "processed 2 insns") && !strstr(kernel.log, "r0 = 0");

	if (fd >= 0)
		close(fd);
	kernel.log[0] = 0;
	return terse;
}

/* ---- the kernel's types ---- */

static struct btf *types; /* once they are read */

struct btf *__real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);

/* Stands in for libbpf's, which would read them for each object: see -Wl,--wrap. */
struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	return types ? types : __real_btf__load_vmlinux_btf();
}

void __wrap_btf__free(struct btf *btf)
{
	if (btf != types)
		__real_btf__free(btf);
}

/* ---- preparation, which is veristat's ---- */

struct sizes {
	int count;
	struct {
		const char *map; /* up to '=' */
		uint32_t entries;
	} all[256];
};

enum { MAP_SK_STORAGE = 24, MAP_INODE_STORAGE = 28, MAP_TASK_STORAGE = 29, MAP_CGRP_STORAGE = 32 };

/* Reports whether maps of a type have no size of their own to set. */
static bool sizes_itself(uint32_t type)
{
	switch (type) {
	case MAP_SK_STORAGE:
	case MAP_INODE_STORAGE:
	case MAP_TASK_STORAGE:
	case MAP_CGRP_STORAGE:
	case BPF_MAP_TYPE_CGROUP_STORAGE:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
	case BPF_MAP_TYPE_STRUCT_OPS:
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY: /* by libbpf: one for each processor */
		return true;
	}
	return false;
}

/* Prints what was done to a map. */
static void note(const char *map, const char *what, uint32_t size)
{
	static bool any;

	printf("%s{\"map\":", any ? "," : "");
	put_string(map, SIZE_MAX);
	put_field("what", what);
	put_number("size", size);
	putchar('}');
	any = true;
}

static void size_map(struct bpf_map *map, const struct sizes *sizes)
{
	const char *name = bpf_map__name(map);

	for (int i = 0; i < sizes->count; i++) {
		size_t n = strcspn(sizes->all[i].map, "=");

		if (strlen(name) != n || strncmp(name, sizes->all[i].map, n))
			continue;
		bpf_map__set_max_entries(map, sizes->all[i].entries);
		note(name, "set", bpf_map__max_entries(map));
	}
	if (bpf_map__max_entries(map) == 0 && !sizes_itself(bpf_map__type(map))) {
		bpf_map__set_max_entries(map, 1);
		note(name, "sized", bpf_map__max_entries(map));
	}
	if (bpf_map__type(map) == BPF_MAP_TYPE_STACK_TRACE && bpf_map__value_size(map) == 0) {
		bpf_map__set_value_size(map, 127 * sizeof(uint64_t)); /* PERF_MAX_STACK_DEPTH */
		note(name, "value", bpf_map__value_size(map));
	}
}

/* Prepares a map. libbpf has rounded up the sizes of ring buffers already. */
static void prepare_map(struct bpf_map *map, const struct sizes *sizes)
{
	if (bpf_map__pin_path(map)) {
		bpf_map__set_pin_path(map, NULL);
		note(bpf_map__name(map), "unpinned", 0);
	}
	size_map(map, sizes);
	if (bpf_map__inner_map(map))
		size_map(bpf_map__inner_map(map), sizes);
}

/* ---- one program ---- */

struct task {
	const char *object, *program;
	const char *btf, *target;
	bool attach;
	struct sizes sizes;
};

static void put_errno(int err)
{
	const char *name = err == 524 ? "ENOTSUPP" : strerrorname_np(err); /* the kernel's own number */

	put_number("error", err);
	put_field("errno", name ? name : "");
}

static void put_log(void)
{
	const char *log = kernel.log;
	size_t size = strlen(log);

	if (size > LOG_KEPT) {
		const char *line = strchr(log + size - LOG_KEPT, '\n');

		log = line ? line + 1 : log + size - LOG_KEPT;
	}
	put_field("log", log);
}

static void put_info(const struct bpf_program *program)
{
	struct bpf_prog_info info;
	uint32_t size = sizeof(info);

	memset(&info, 0, sizeof(info));
	if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size))
		return; /* kernels before 4.13 have none */
	put_number("jited", info.jited_prog_len);
	put_number("xlated", info.xlated_prog_len);
}

static void put_attach(struct bpf_program *program)
{
	struct bpf_link *link = bpf_program__attach(program);
	int err = link ? 0 : errno;

	put_field("attached", err == 0 ? "yes" : err == EOPNOTSUPP ? "unsupported" : "no");
	if (err)
		put_errno(err);
	bpf_link__destroy(link);
}

static const char *failed_stage(void)
{
	if (kernel.seen)
		return "load";
	return kernel.map_errno ? "map" : "prepare";
}

/* Chooses the program, and leaves all others out. */
static struct bpf_program *choose(struct bpf_object *object, const char *name)
{
	struct bpf_program *one, *chosen = NULL;

	bpf_object__for_each_program(one, object) {
		bool is = !strcmp(bpf_program__name(one), name);

		bpf_program__set_autoload(one, is);
		if (is)
			chosen = one;
	}
	return chosen;
}

static void put_failure(const char *stage, int err)
{
	put_field("stage", stage);
	put_errno(err);
	if (strcmp(stage, "map"))
		return;
	put_field("map", kernel.map_name);
	put_number("map_type", kernel.map_type);
	put_number("map_key", kernel.map_key);
	put_number("map_value", kernel.map_value);
	put_number("map_entries", kernel.map_entries);
	put_number("map_flags", kernel.map_flags);
}

static void load(struct bpf_object *object, struct bpf_program *program, const struct task *t)
{
	int err = bpf_object__load(object);

	printf(",\"seen\":%s,\"seconds\":%.6f", kernel.seen ? "true" : "false", kernel.took);
	put_log();
	if (err) {
		put_failure(failed_stage(), -err);
		return;
	}
	put_info(program);
	if (t->attach)
		put_attach(program);
}

/* Opens the object, with its maps prepared. */
static struct bpf_object *prepare(const struct task *t)
{
	LIBBPF_OPTS(bpf_object_open_opts, opts, .btf_custom_path = t->btf);
	struct bpf_object *object = bpf_object__open_file(t->object, &opts);
	int err = errno;
	struct bpf_map *map;

	fputs("\"prepared\":[", stdout);
	if (object)
		bpf_object__for_each_map(map, object)
			prepare_map(map, &t->sizes);
	putchar(']');
	if (!object)
		put_failure("open", err);
	return object;
}

static void try(const struct task *t)
{
	struct bpf_object *object = prepare(t);
	struct bpf_program *program;
	int err = 0;

	if (!object)
		return;
	opened = object;
	program = choose(object, t->program);
	if (!program) {
		put_failure("open", ENOENT);
		return;
	}
	put_field("section", bpf_program__section_name(program));
	put_number("type", bpf_program__type(program));
	bpf_program__set_log_buf(program, kernel.log, LOG_SIZE);
	bpf_program__set_log_level(program, LOG_STATS);
	if (t->target)
		err = bpf_program__set_attach_target(program, 0, t->target);
	if (err)
		put_failure("prepare", -err);
	else
		load(object, program, t);
}

/* ---- arguments ---- */

static int usage(const char *what)
{
	fprintf(stderr, "loader: %s\n", what);
	return 2;
}

static bool add_size(struct sizes *sizes, const char *text)
{
	const char *value = strchr(text, '=');

	if (!value || sizes->count == sizeof(sizes->all) / sizeof(sizes->all[0]))
		return false;
	sizes->all[sizes->count].map = text;
	sizes->all[sizes->count++].entries = strtoul(value + 1, NULL, 10);
	return true;
}

static bool parse(struct task *t, char **args)
{
	for (; *args; args++) {
		if (!strcmp(*args, "--attach")) {
			t->attach = true;
			continue;
		}
		if (!args[1])
			return false;
		if (!strcmp(*args, "--attach-target"))
			t->target = *++args;
		else if (!strcmp(*args, "--btf"))
			t->btf = *++args;
		else if (strcmp(*args, "--map-size") || !add_size(&t->sizes, *++args))
			return false;
	}
	return true;
}

static int remove_files(char **files)
{
	int status = 0;

	for (; *files; files++)
		if (unlink(*files) && errno != ENOENT)
			status = usage(strerror(errno));
	return status;
}

/* Loads one program and prints what came of it. */
static void answer(const struct task *t)
{
	struct rlimit run = { LONGEST_RUN, LONGEST_RUN };

	setrlimit(RLIMIT_CPU, &run);
	putchar('{');
	try(t);
	put_field("messages", said);
	put_field("version", LIBBPF_PACKAGE);
	puts("}");
	fflush(stdout);
}

/* Does what all programs need. */
static bool begin(void)
{
	/* Before 5.11, programs and maps count as locked memory, also those that others of
	 * this user have just let go of. libbpf raises the limit, but not at once. */
	struct rlimit memlock = { RLIM_INFINITY, RLIM_INFINITY };

	setrlimit(RLIMIT_MEMLOCK, &memlock);
	kernel.log = mmap(NULL, LOG_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (kernel.log == MAP_FAILED)
		return false;
	kernel.terse = has_terse_log();
	libbpf_set_print(hear);
	return true;
}

static bool parse_task(struct task *t, char **args)
{
	memset(t, 0, sizeof(*t));
	if (!args[0] || !args[1] || !parse(t, args + 2))
		return false;
	t->object = args[0];
	t->program = args[1];
	return true;
}

/* ---- one task after the other ---- */

enum { LONGEST_TASK = 64 << 10, MOST_ARGS = 1024 };

/* Reads the arguments of a task, none at the end of all. */
static bool read_task(char **args)
{
	static char text[LONGEST_TASK];
	size_t size = 0;
	int n = 0;

	while (size < 2 || text[size - 1] || text[size - 2]) {
		ssize_t got = read(STDIN_FILENO, text + size, sizeof(text) - size);

		if (got <= 0)
			return false;
		size += got;
	}
	for (char *at = text; *at && n < MOST_ARGS; at += strlen(at) + 1)
		args[n++] = at;
	args[n] = NULL;
	return true;
}

/* Runs a task in a process of its own. */
static int run(const struct task *t)
{
	int status = 0;
	pid_t child = fork();

	if (child == 0) {
		dup2(STDOUT_FILENO, STDERR_FILENO); /* last words belong to this task */
		answer(t);
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return W_EXITCODE(1, 0);
	return status;
}

static void put_end(int status)
{
	const char *signal = WIFSIGNALED(status) ? sigabbrev_np(WTERMSIG(status)) : NULL;

	printf("\nend %d%s%s\n", WIFEXITED(status) ? WEXITSTATUS(status) : -1, signal ? " SIG" : "", signal ? signal : "");
	fflush(stdout);
}

static int serve(void)
{
	static char *args[MOST_ARGS + 1];
	static struct task t;

	types = __real_btf__load_vmlinux_btf();
	kept_begin();
	while (read_task(args)) {
		int status = W_EXITCODE(2, 0);

		if (parse_task(&t, args)) {
			kept_before(t.object);
			status = run(&t);
			kept_after();
		}
		put_end(status);
	}
	return 0;
}

int main(int argc, char **argv)
{
	static struct task t;
	bool serves = argc == 2 && !strcmp(argv[1], "serve");

	if (argc > 2 && !strcmp(argv[1], "remove"))
		return remove_files(argv + 2);
	if (!serves && !parse_task(&t, argv + 1))
		return usage("OBJECT PROGRAM [--attach] [--attach-target FUNC] [--map-size MAP=N]... [--btf FILE]");
	if (!begin())
		return usage("no memory for the log");
	if (serves)
		return serve();
	answer(&t);
	return 0;
}
