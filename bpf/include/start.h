/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What a program needs to run without a C library: where it begins, a way to print,
 * and its end. The labs' targets include it, so that one can be built on any machine
 * and holds nothing but its own functions.
 */
#ifndef BPFLAB_START_H
#define BPFLAB_START_H

static long syscall3(long number, long a, long b, long c)
{
	long result;

#if defined(__x86_64__)
	__asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
#elif defined(__aarch64__)
	register long x8 __asm__("x8") = number;
	register long x0 __asm__("x0") = a;
	register long x1 __asm__("x1") = b;
	register long x2 __asm__("x2") = c;

	__asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2) : "memory");
	result = x0;
#else
#error "start.h knows x86-64 and arm64"
#endif
	return result;
}

#if defined(__x86_64__)
#define NUMBER_WRITE 1
#define NUMBER_EXIT 60
__asm__(".globl _start\n_start:\n\tmov (%rsp), %rdi\n\tlea 8(%rsp), %rsi\n\tand $-16, %rsp\n\tcall begin\n");
#else
#define NUMBER_WRITE 64
#define NUMBER_EXIT 93
__asm__(".globl _start\n_start:\n\tldr x0, [sp]\n\tadd x1, sp, #8\n\tbl begin\n");
#endif

int main(int argc, char **argv);

__attribute__((used)) void begin(int argc, char **argv)
{
	syscall3(NUMBER_EXIT, main(argc, argv), 0, 0);
	__builtin_unreachable();
}

/* print writes a text to standard output. */
static void print(const char *text)
{
	long size = 0;

	while (text[size])
		size++;
	syscall3(NUMBER_WRITE, 1, (long)text, size);
}

#endif
