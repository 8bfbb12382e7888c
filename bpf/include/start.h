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
#elif defined(__s390x__)
	register long r1 __asm__("r1") = number;
	register long r2 __asm__("r2") = a;
	register long r3 __asm__("r3") = b;
	register long r4 __asm__("r4") = c;

	__asm__ volatile("svc 0" : "+d"(r2) : "d"(r1), "d"(r3), "d"(r4) : "memory");
	result = r2;
#elif defined(__riscv)
	register long a7 __asm__("a7") = number;
	register long a0 __asm__("a0") = a;
	register long a1 __asm__("a1") = b;
	register long a2 __asm__("a2") = c;

	__asm__ volatile("ecall" : "+r"(a0) : "r"(a7), "r"(a1), "r"(a2) : "memory");
	result = a0;
#elif defined(__powerpc64__)
	register long r0 __asm__("r0") = number;
	register long r3 __asm__("r3") = a;
	register long r4 __asm__("r4") = b;
	register long r5 __asm__("r5") = c;

	__asm__ volatile("sc" : "+r"(r0), "+r"(r3), "+r"(r4), "+r"(r5) : : "r6", "r7", "r8", "r9", "r10", "r11", "r12", "cr0", "ctr", "memory");
	result = r3;
#else
#error "start.h knows x86-64, arm64, s390x, riscv64 and ppc64el"
#endif
	return result;
}

#if defined(__x86_64__)
#define NUMBER_WRITE 1
#define NUMBER_EXIT 60
__asm__(".globl _start\n_start:\n\tmov (%rsp), %rdi\n\tlea 8(%rsp), %rsi\n\tand $-16, %rsp\n\tcall begin\n");
#elif defined(__aarch64__)
#define NUMBER_WRITE 64
#define NUMBER_EXIT 93
__asm__(".globl _start\n_start:\n\tldr x0, [sp]\n\tadd x1, sp, #8\n\tbl begin\n");
#elif defined(__s390x__)
#define NUMBER_WRITE 4
#define NUMBER_EXIT 1
__asm__(".globl _start\n_start:\n\tlg %r2, 0(%r15)\n\tla %r3, 8(%r15)\n\taghi %r15, -160\n\tbrasl %r14, begin\n");
#elif defined(__riscv)
#define NUMBER_WRITE 64
#define NUMBER_EXIT 93
__asm__(".globl _start\n_start:\n\t.option push\n\t.option norelax\n\tla gp, __global_pointer$\n\t.option pop\n\tld a0, 0(sp)\n\taddi a1, sp, 8\n\tcall begin\n");
#else
#define NUMBER_WRITE 4
#define NUMBER_EXIT 1
__asm__(".globl _start\n_start:\n\tlis 2, .TOC.@ha\n\taddi 2, 2, .TOC.@l\n\tld 3, 0(1)\n\taddi 4, 1, 8\n\tstdu 1, -64(1)\n\tbl begin\n\tnop\n");
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
