/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The registers that probes get, as x86-64 has them (arch/x86/include/uapi/asm/ptrace.h),
 * for the macros of <bpf/bpf_tracing.h>. Include it before that.
 */
#ifndef BPFLAB_REGS_H
#define BPFLAB_REGS_H

struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8;
	unsigned long rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax;
	unsigned long rip, cs, eflags, rsp, ss;
};

#endif
