/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * The registers that probes get, as each architecture has them
 * (arch/ARCH/include/uapi/asm/ptrace.h of the kernel), under the names by which the
 * macros of <bpf/bpf_tracing.h> know them. Include it before that.
 */
#ifndef BPFLAB_REGS_H
#define BPFLAB_REGS_H

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long r15, r14, r13, r12, rbp, rbx;
	unsigned long r11, r10, r9, r8;
	unsigned long rax, rcx, rdx, rsi, rdi;
	unsigned long orig_rax;
	unsigned long rip, cs, eflags, rsp, ss;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	unsigned long regs[31];
	unsigned long sp, pc, pstate;
};
#elif defined(__TARGET_ARCH_s390)
typedef struct {
	unsigned long args[1];
	struct {
		unsigned long mask, addr;
	} psw;
	unsigned long gprs[16];
} user_pt_regs;
#elif defined(__TARGET_ARCH_riscv)
struct user_regs_struct {
	unsigned long pc, ra, sp, gp, tp, t0, t1, t2, s0, s1;
	unsigned long a0, a1, a2, a3, a4, a5, a6, a7;
	unsigned long s2, s3, s4, s5, s6, s7, s8, s9, s10, s11;
	unsigned long t3, t4, t5, t6;
};
#elif defined(__TARGET_ARCH_powerpc)
struct pt_regs {
	unsigned long gpr[32];
	unsigned long nip, msr, orig_gpr3, ctr, link, xer, ccr, softe;
	unsigned long trap, dar, dsisr, result;
};
#endif

#endif
