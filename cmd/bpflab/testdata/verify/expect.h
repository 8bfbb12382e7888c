/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */

/* The tags that the kernel's tests have, written anew: the names and texts are an interface. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

#define TEXT_(x) #x
#define TEXT(x) TEXT_(x)
#ifdef OLD_TAGS /* as before 6.12: without numbers */
#define TAG(text) __attribute__((btf_decl_tag("comment:" text)))
#else
#define TAG(text) __attribute__((btf_decl_tag("comment:" TEXT(__COUNTER__) ":" text)))
#endif

#define __success TAG("test_expect_success")
#define __failure TAG("test_expect_failure")
#define __msg(m) TAG("test_expect_msg=" m)
#define __not_msg(m) TAG("test_expect_not_msg=" m)
#define __regex(m) TAG("test_expect_regex=" m)
#define __xlated(m) TAG("test_expect_xlated=" m)
#define __jited(m) TAG("test_jited=" m)
#define __stdout(m) TAG("test_expect_stdout=" m)
#define __stderr(m) TAG("test_expect_stderr=" m)
#define __retval(v) TAG("test_retval=" TEXT(v))
#define __success_unpriv TAG("test_expect_success_unpriv")
#define __failure_unpriv TAG("test_expect_failure_unpriv")
#define __msg_unpriv(m) TAG("test_expect_msg_unpriv=" m)
#define __not_msg_unpriv(m) TAG("test_expect_not_msg_unpriv=" m)
#define __xlated_unpriv(m) TAG("test_expect_xlated_unpriv=" m)
#define __jited_unpriv(m) TAG("test_jited_unpriv=" m)
#define __retval_unpriv(v) TAG("test_retval_unpriv=" TEXT(v))
#define __caps_unpriv(caps) TAG("test_caps_unpriv=" TEXT(caps))
#define __description(d) TAG("test_description=" d)
#define __skip(why) TAG("test_skip=" why)
#define __log_level(n) TAG("test_log_level=" #n)
#define __log_always TAG("test_log_always")
#define __flag(f) TAG("test_prog_flags=" #f)
#define __auxiliary TAG("test_auxiliary")
#define __btf_path(p) TAG("test_btf_path=" p)
#define __arch_x86_64 TAG("test_arch=X86_64")
#define __arch_arm64 TAG("test_arch=ARM64")
#define __load_if_JITed() TAG("load_mode=jited")
#define __load_if_no_JITed() TAG("load_mode=no_jited")
#define __linear_size(n) TAG("test_linear_size=" TEXT(n))

#define CAP_PERFMON 38
#define CAP_BPF 39
#define TEST_DATA_LEN 64
#define POINTER_VALUE 0xbadcafe

#define __naked __attribute__((naked))
#define A(text) asm volatile(text ::: "r0", "r1", "r2", "r3", "r4", "r5", "memory")

char _license[] SEC("license") = "GPL";
