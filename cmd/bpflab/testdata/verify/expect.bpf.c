// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause

/*
 * Programs whose annotations hold on every kernel from 4.19 on, or cannot be judged there. Each
 * kind of expectation stands behind a macro that BREAK_… makes wrong.
 */
#include "expect.h"
#include "../../../../bpf/include/bpflab_expect.h"

#ifdef BREAK_RETVAL
#define SEVEN 8
#else
#define SEVEN 7
#endif
#ifdef BREAK_SUCCESS
#define READS "r2"
#else
#define READS "r1"
#endif
#ifdef BREAK_FAILURE
#define WRONG "r1"
#else
#define WRONG "r2"
#endif
#ifdef BREAK_MSG
#define READ_OK "!read_okay"
#else
#define READ_OK "!read_ok"
#endif
#ifdef BREAK_NOT_MSG
#define ABSENT "(95) exit"
#else
#define ABSENT "(05) goto"
#endif
#ifdef BREAK_ORDER
#define FIRST "1: (95) exit"
#define SECOND "0: (b7) r0 = 0"
#else
#define FIRST "0: (b7) r0 = 0"
#define SECOND "1: (95) exit"
#endif
#ifdef BREAK_XLATED
#define THIRD "2: r1 = 2"
#else
#define THIRD "2: r1 = 1"
#endif
#ifdef BREAK_JITED
#define LEAVES "\tleft"
#else
#define LEAVES "\tleave"
#endif
#ifdef BREAK_STDOUT
#define SAYS "word"
#else
#define SAYS "world"
#endif
#ifdef BREAK_UNPRIV
#define LEAKS "R0 lent addr"
#else
#define LEAKS "R0 leaks addr"
#endif
#ifdef BREAK_FLAG
#define ALIGNED
#else
#define ALIGNED __flag(BPF_F_STRICT_ALIGNMENT)
#endif
#ifdef BREAK_RANGE
#define LOOPS_NOT "<5.11"
#define LOOPS ">=5.11"
#else
#define LOOPS_NOT "<5.3"
#define LOOPS ">=5.3"
#endif

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} one SEC(".maps");

/* Results. */

SEC("socket") __success
__naked int loads(void) { A("r0 = 0; exit;"); }

SEC("socket") __success
__naked int reads_context(void) { A("r0 = *(u32 *)(" READS " + 0); exit;"); }

SEC("socket")
__naked int without_tags(void) { A("r0 = 0; exit;"); }

SEC("socket") __failure
__naked int reads_nothing(void) { A("r0 = " WRONG "; r0 = 0; exit;"); }

SEC("?tc") __success __description("an optional section is loaded, too")
__naked int optional(void) { A("r0 = 0; exit;"); }

/* Messages. */

SEC("socket") __failure __msg("R2 " READ_OK)
__naked int message(void) { A("r0 = r2; exit;"); }

SEC("socket") __failure __msg("R{{[0-9]+}} !read_ok")
__naked int pattern(void) { A("r0 = r3; exit;"); }

SEC("socket") __failure __regex("R[45] !read_ok")
__naked int expression(void) { A("r0 = r4; exit;"); }

SEC("socket") __failure __msg("!read_ok") __not_msg("invalid mem access")
__naked int no_message(void) { A("r0 = r5; exit;"); }

SEC("socket") __success __log_level(2) __msg(FIRST) __msg(SECOND)
__naked int in_order(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __log_level(2) __msg("0: (b7) r0 = 0") __not_msg(ABSENT)
__naked int not_between(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __log_level(2) __not_msg("(95)") __msg("(95) exit") __not_msg("r0 = 1")
__naked int around(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __log_level(4) __log_always __msg("processed 3 insns")
__naked int statistics(void) { A("r0 = 0; r1 = 1; exit;"); }

SEC("socket") __failure __msg("R0 !read_ok")
__naked int returns_nothing(void) { A("exit;"); }

SEC("socket") __failure __msg("{{back-edge|infinite loop}}")
__naked int endless(void) { A("r0 = 0; 1: if r0 == 0 goto 1b; exit;"); }

SEC("socket") __failure __msg("unreachable insn")
__naked int unreachable(void) { A("r0 = 0; exit; r0 = 1; exit;"); }

SEC("socket") __failure __msg("invalid{{.*}}stack")
__naked int below_the_stack(void) { A("r1 = 0; *(u64 *)(r10 - 520) = r1; r0 = 0; exit;"); }

SEC("socket") __failure __msg("invalid bpf_context access")
__naked int behind_the_context(void) { A("r0 = *(u32 *)(r1 + 1000); exit;"); }

SEC("socket") __failure __msg("pointer arithmetic with *= operator prohibited")
__naked int multiplies(void) { A("r1 *= 2; r0 = 0; exit;"); }

SEC("socket") __failure __msg("div by zero")
__naked int divides(void) { A("r0 = 1; r0 /= 0; exit;"); }

SEC("socket") __failure __msg("invalid shift 64")
__naked int shifts(void) { A("r0 = 1; r0 <<= 64; exit;"); }

SEC("socket") __failure __msg("R1 type={{inv|scalar}} expected=ctx")
__naked int wrong_argument(void) { A("r1 = 1; r2 = 0; r3 = r10; r3 += -8; r4 = 8; call 26; r0 = 0; exit;"); }

SEC("socket") __failure __msg("invalid mem access 'map_value_or_null'")
int unchecked(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	return *value;
}

SEC("cgroup_skb/ingress") __failure __msg("At program exit the register R0 has")
__naked int out_of_range(void) { A("r0 = 2; exit;"); }

/* Values. */

SEC("socket") __success __retval(SEVEN)
__naked int returns(void) { A("r0 = 7; exit;"); }

SEC("socket") __success __retval(0xffffffff)
__naked int returns_hex(void) { A("r0 = -1; exit;"); }

SEC("socket") __success __retval(-2)
__naked int returns_negative(void) { A("r0 = -2; exit;"); }

SEC("socket") __success __retval(_INT_MIN)
__naked int returns_smallest(void) { A("r0 = 0x80000000; exit;"); }

SEC("tc") __success __retval(TEST_DATA_LEN)
__naked int returns_length(void) { A("r0 = *(u32 *)(r1 + 0); exit;"); }

SEC("xdp") __success __retval(XDP_PASS)
__naked int returns_name(void) { A("r0 = 2; exit;"); }

SEC("socket") __success __retval(0)
__naked int divides_by_zero(void) { A("r0 = 5; r1 = 0; r0 /= r1; exit;"); }

SEC("socket") __success __retval(1)
int counts_from_zero(struct __sk_buff *skb) /* maps are new for each test */
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&one, &key);

	return value ? ++*value : 0;
}

SEC("raw_tp/sys_enter") __success __retval(3)
__naked int raw(void) { A("r0 = 3; exit;"); }

SEC("kprobe/do_nanosleep") __success __retval(0)
__naked int not_run(void) { A("r0 = 0; exit;"); }

struct tail {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__uint(key_size, sizeof(__u32));
	__array(values, int (struct __sk_buff *));
};

SEC("tc") __auxiliary
int goes_on(struct __sk_buff *skb) { return 42; }

struct tail jumps SEC(".maps") = {.values = {[0] = (void *)&goes_on}};

SEC("tc") __success __retval(42)
int tail_calls(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &jumps, 0);
	return 1;
}

SEC("tc") __success __retval(14) __linear_size(14)
int linear(struct __sk_buff *skb) { return skb->data_end - skb->data; }

/* How it is loaded, and where. */

#define PACKET(at) "r2 = *(u32 *)(r1 + 0); r3 = *(u32 *)(r1 + 4); r4 = r2; r4 += 16; r0 = 1;" \
	"if r4 > r3 goto 1f; r5 = *(u32 *)(r2 + " at "); 1: exit;"

SEC("xdp") __failure ALIGNED __msg("misaligned packet access")
__naked int misaligned(void) { A(PACKET("1")); }

SEC("xdp") __success __retval(1)
__naked int misaligned_at_will(void) { A(PACKET("1")); }

SEC("socket") __success __flag(BPF_F_TEST_STATE_FREQ) __retval(0)
__naked int flagged(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __flag(0x8) __flag(!BPF_F_TEST_RND_HI32) __retval(0)
__naked int flagged_by_number(void) { A("r0 = 0; exit;"); }

SEC("socket") __failure __arch_arm64
__naked int elsewhere(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __arch_x86_64 __arch_arm64
__naked int here(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __load_if_JITed() __retval(0)
__naked int if_jited(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __load_if_no_JITed() __retval(0)
__naked int if_interpreted(void) { A("r0 = 0; exit;"); }

SEC("socket") __failure __skip("for later")
__naked int skipped(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __btf_path("btf__core_reloc_arrays.bpf.o")
__naked int of_a_file(void) { A("r0 = 0; exit;"); }

/* What it prints. */

extern int bpf_stream_vprintk(int stream_id, const char *fmt__str, const void *args, __u32 len__sz) __ksym;

SEC("syscall") __success __retval(0) __stdout("hello {{[0-9]+}}") __stdout(SAYS) __stderr("oops") bpflab_skip("<7.0", "the function has other arguments")
int prints(void *ctx)
{
	static const char out[] = "hello 12\nworld\n", err[] = "oops\n";
	__u64 none = 0;

	bpf_stream_vprintk(1, out, &none, 0);
	bpf_stream_vprintk(2, err, &none, 0);
	return 0;
}

/* What the kernel makes of it. */

SEC("socket") __success __xlated("0: r0 = 0") __xlated("1: goto pc+0") __xlated("2: r1 = 1") __xlated("3: exit") bpflab_xlated(">=5.1", "r0 = 0") bpflab_xlated(">=5.1", "{{.*}}r1 = 1") bpflab_xlated(">=5.1", "exit")
__naked int translated(void) { A("r0 = 0; goto +0; r1 = 1; exit;"); }

SEC("socket") __success __xlated("0: r0 = 0") __xlated("1: r0 = 1") __xlated(THIRD) __xlated("...") __xlated("{{[0-9]+}}: exit")
__naked int translated_far(void) { A("r0 = 0; r0 = 1; r1 = 1; r1 = 2; r1 = 3; exit;"); }

SEC("socket") __success __arch_x86_64 __jited("...") __jited(LEAVES) __arch_arm64 __jited("nothing like it")
__naked int compiled(void) { A("r0 = 0; exit;"); }

SEC("socket") __success __arch_x86_64 __jited("...") __jited("\tj{{..?}}\tL0") __jited("...") __jited("L0:{{.*}}")
__naked int compiled_jump(void) { A("r0 = *(u32 *)(r1 + 0); if r0 > 5 goto 1f; r0 = 1; r0 += 2; 1: exit;"); }

/* Without capabilities. */

SEC("socket") __success __success_unpriv __retval(9)
__naked int for_all(void) { A("r0 = 9; exit;"); }

SEC("socket") __success __failure_unpriv __msg_unpriv(LEAKS) __not_msg_unpriv("!read_ok") __retval(POINTER_VALUE)
__naked int leaks(void) { A("r0 = r10; exit;"); }

SEC("socket") __failure_unpriv __msg_unpriv("!read_ok")
__naked int for_users_alone(void) { A("r0 = r2; exit;"); }

SEC("socket") __success_unpriv __retval_unpriv(5) __xlated_unpriv("0: r0 = 5") __arch_x86_64 __jited_unpriv("...") __jited_unpriv("\tleave")
__naked int all_of_users(void) { A("r0 = 5; exit;"); }

SEC("xdp") __success __failure_unpriv __retval(2)
__naked int not_for_users(void) { A("r0 = 2; exit;"); }

SEC("socket") __success __success_unpriv __retval(1)
int map_of_users(struct __sk_buff *skb)
{
	__u32 key = 0;
	__u64 *value = bpf_map_lookup_elem(&one, &key);

	return value ? ++*value : 0;
}

/* On some kernels. */

#define LOOP "r0 = 0; 1: r0 += 1; if r0 < 10 goto 1b; exit;"

SEC("socket") bpflab_failure(LOOPS_NOT) bpflab_msg(LOOPS_NOT, "back-edge") bpflab_retval(LOOPS, 10)
__naked int loops(void) { A(LOOP); }

SEC("socket") __success __retval(10) bpflab_failure("<5.3")
	__caps_unpriv(CAP_BPF|CAP_PERFMON) __success_unpriv bpflab_failure_unpriv("<5.8")
__naked int loops_with_caps(void) { A(LOOP); }

SEC("socket") __success bpflab_failure("<5.8") bpflab_msg("<5.8", "{{unknown|invalid}} func")
__naked int newer_helper(void) { A("call 125; r0 = 0; exit;"); }

SEC("syscall") bpflab_skip("<5.14", "there are no such programs") bpflab_success("") bpflab_retval("", 4) bpflab_description("runs in no context")
__naked int own_form(void) { A("r0 = 4; exit;"); }
