/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/*
 * What is expected of a program, for `bpflab verify --expect` and `annotations: true` of
 * bpflab.yaml (docs/verify.md, "Annotations"):
 *
 *	bpflab_failure("<5.3") bpflab_msg("<5.3", "back-edge")
 *	bpflab_retval(">=5.3", 10)
 *	SEC("socket")
 *	int loop(struct __sk_buff *skb) { ... }
 *
 * The first argument is a range of kernels: "<5.3", ">=5.8 <6.0", "6.1", and "" for all of them.
 * On a kernel that none of them names, the program must load. The tags stand before the function,
 * in any number, and those of the kernel's own tests (bpf_misc.h) may stand beside them: on a
 * kernel in its range, one of these goes before those of its kind.
 *
 * They are declaration tags of BTF, which clang writes from version 14 on. Elsewhere they are
 * nothing at all, so this header may stay in the source whatever compiles it.
 */
#ifndef BPFLAB_EXPECT_H
#define BPFLAB_EXPECT_H

#if defined(__has_attribute)
#if __has_attribute(btf_decl_tag)
#define BPFLAB_TAGS 1
#endif
#endif

#define bpflab_text_(x) #x
#define bpflab_text(x) bpflab_text_(x)

#ifdef BPFLAB_TAGS
/* The number keeps the order of the source, which compilers do not. */
#define bpflab_tag(on, tag) __attribute__((btf_decl_tag("bpflab:" bpflab_text(__COUNTER__) ":" on ":" tag)))
#else
#define bpflab_tag(on, tag)
#endif

/* The kernel takes it, or refuses it. */
#define bpflab_success(on) bpflab_tag(on, "test_expect_success")
#define bpflab_failure(on) bpflab_tag(on, "test_expect_failure")
/* Text of the verifier's log, in the order of the tags; extended regular expressions in {{ }}. */
#define bpflab_msg(on, text) bpflab_tag(on, "test_expect_msg=" text)
#define bpflab_not_msg(on, text) bpflab_tag(on, "test_expect_not_msg=" text)
/* It returns a value when it is run once on 64 bytes of zero; negative ones and 0x... too. */
#define bpflab_retval(on, value) bpflab_tag(on, "test_retval=" bpflab_text(value))
/* Lines of the program as the kernel has changed it, one after the other; "..." is any number. */
#define bpflab_xlated(on, text) bpflab_tag(on, "test_expect_xlated=" text)

/* The same of the program that is loaded without the capabilities that bpf(2) asks for. */
#define bpflab_success_unpriv(on) bpflab_tag(on, "test_expect_success_unpriv")
#define bpflab_failure_unpriv(on) bpflab_tag(on, "test_expect_failure_unpriv")
#define bpflab_msg_unpriv(on, text) bpflab_tag(on, "test_expect_msg_unpriv=" text)
#define bpflab_not_msg_unpriv(on, text) bpflab_tag(on, "test_expect_not_msg_unpriv=" text)
#define bpflab_retval_unpriv(on, value) bpflab_tag(on, "test_retval_unpriv=" bpflab_text(value))
#define bpflab_xlated_unpriv(on, text) bpflab_tag(on, "test_expect_xlated_unpriv=" text)

/* How it is loaded: the level of the verifier's log (0 to 7), and a flag, as BPF_F_TEST_STATE_FREQ. */
#define bpflab_log_level(on, level) bpflab_tag(on, "test_log_level=" bpflab_text(level))
#define bpflab_flag(on, flag) bpflab_tag(on, "test_prog_flags=" #flag)
/* It is not judged, and why; it is only loaded before the other ones. */
#define bpflab_skip(on, reason) bpflab_tag(on, "test_skip=" reason)
#define bpflab_auxiliary(on) bpflab_tag(on, "test_auxiliary")
/* A sentence for reports. */
#define bpflab_description(text) bpflab_tag("", "test_description=" text)

#endif
