package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// kernelWords are messages of the verifier, with the code of each.
var kernelWords = map[string]string{
	"cannot overwrite referenced dynptr":                                                           "argument",
	"cannot pass in dynptr at an offset=-8":                                                        "argument",
	"arg 1 cannot pass pointer to const bpf_dynptr, the helper mutates it":                         "argument",
	"Expected a dynptr of type ringbuf as arg #0":                                                  "argument",
	"potential write to dynptr at off=-16 disallowed":                                              "argument",
	"expected uninitialized iter_num as arg #0":                                                    "argument",
	"expected an initialized iter_num as arg #0":                                                   "argument",
	"store to referenced kptr disallowed":                                                          "invalid_access",
	"kptr access size must be BPF_DW":                                                              "invalid_access",
	"off=8 kptr isn't referenced kptr":                                                             "argument",
	"off 8 doesn't point to 'struct bpf_timer' that is at 0":                                       "argument",
	"timer pointer in R1 map_uid=0 doesn't match map pointer in R2 map_uid=1":                      "argument",
	"can't spin_{lock,unlock} in rbtree cb":                                                        "lock",
	"held lock and object are not in the same allocation":                                          "lock",
	"rbtree_remove node input must be non-owning ref":                                              "argument",
	"bpf_percpu_obj_new type size (600) is greater than 512":                                       "argument",
	"R3 does not point to a readonly map'":                                                         "argument",
	"arg#0 arg#1 memory, len pair leads to invalid memory access":                                  "argument",
	"attempt to corrupt spilled pointer on stack":                                                  "invalid_access",
	"R2 partial copy of pointer":                                                                   "invalid_access",
	"cannot return stack pointer to the caller":                                                    "invalid_access",
	"map_value pointer offset 1073741822 is not allowed":                                           "invalid_access",
	"R0 tried to subtract pointer from scalar":                                                     "invalid_access",
	"R0 bitwise operator &= on pointer prohibited":                                                 "invalid_access",
	"read from map forbidden, value_size=8 off=0 size=8":                                           "invalid_access",
	"write to change key R2 not allowed":                                                           "invalid_access",
	"negative offset ptr_ ptr R1 off=-8 disallowed":                                                "invalid_access",
	"R1 invalid sock access off=0 size=8":                                                          "invalid_access",
	"R1 offset is outside of the packet":                                                           "invalid_access",
	"R6 invalid variable buffer offset: off=0, var_off=(0x0; 0xffffffff)":                          "invalid_access",
	"dynptr cannot be accessed directly by load/store":                                             "invalid_access",
	"BPF_ATOMIC stores into R1 ctx is not allowed":                                                 "invalid_access",
	"R1 leaks addr into map":                                                                       "privilege",
	"multiple exception callback tags for main subprog":                                            "exception",
	"insn 5 cannot call exception cb directly":                                                     "exception",
	"bpf_spin_lock at off=16 must be held for bpf_list_head":                                       "lock",
	"direct access to bpf_list_head is disallowed":                                                 "invalid_access",
	"off 48 doesn't point to 'struct bpf_spin_lock' that is at 40":                                 "argument",
	"exception callback type id not found in func_info":                                            "exception",
	"invalid kptr access, R2 type=ptr_node_data2 expected=ptr_node_data":                           "argument",
	"arg#0 pointer type STRUCT cgroup must point to scalar, or struct with scalar":                 "argument",
	"Expected an initialized dynptr as arg #0":                                                     "argument",
	"R1 must have zero offset when passed to release func or trusted arg to kfunc":                 "argument",
	"At program exit the register R0 is not a known value (ctx)":                                   "return_value",
	"bpf_probe_read_kernel() may write into memory pointed by R1 type=trusted_ptr_":                "argument",
	"arg#0 expected for bpf_percpu_obj_drop_impl()":                                                "argument",
	"invalid kernel function call not eliminated in verifier pass":                                 "kfunc",
	"access beyond the end of member comm (mend:2992) in struct task_struct with off 2976 size 17": "invalid_access",
	"R1 invalid mem access 'dynptr_ptr'":                                                           "invalid_access",
	"tracing progs cannot use bpf_timer yet":                                                       "lock",
	"callback function not static":                                                                 "callback",
	"1 bpf_preempt_enable is missing":                                                              "lock",
	"2 bpf_preempt_enable(s) are missing":                                                          "lock",
	"BPF_LD_[ABS|IND] cannot be mixed with socket references":                                      "instruction",
	"addr_space_cast insn can only be used in a program that has an associated arena":              "arena",
	"only one cgroup storage of each type is allowed":                                              "map",
	"same or smaller insn offset (2) than previous func info record (4)":                           "btf",
	"jump out of range from insn 3 to 99":                                                          "instruction",
	"frame pointer is read only":                                                                   "instruction",
	"verifier internal error: misconfigured ref_obj_id":                                            "verifier_bug",
	"Cannot replace static functions":                                                              "attach_target",
	"arg1 in new_get_constant() is a int while get_constant() has ptr":                             "attach_target",
	"attach to unsupported member unsupported_ops of struct bpf_testmod_ops":                       "struct_ops",
	"Syscall programs can only be sleepable":                                                       "sleepable",
	"css_task_iter is only allowed in bpf_lsm, bpf_iter and sleepable progs":                       "kfunc",
	"At program exit the register R0 has unknown scalar value should have been in [0, 1]":          "return_value",
	"arg#0 has pointer tag, but is not a pointer type":                                             "global_function",
	"'struct task_struct' access is allowed only to CAP_PERFMON and CAP_SYS_ADMIN":                 "privilege",
	"math between map_value pointer and register with unbounded min value is not allowed":          "invalid_access",
	"invalid size of register fill":                                                                "invalid_access",
	"variable untrusted_ptr_ access var_off=(0x0; 0x1e0) disallowed":                               "invalid_access",
	"R0 subtraction from stack pointer prohibited":                                                 "invalid_access",
	"fp pointer offset 1073741822 is not allowed":                                                  "invalid_access",
	"struct test_case doesn't have field at offset 8":                                              "invalid_access",
	"at the time of BPF_LD_ABS|IND R6 != pointer to skb":                                           "instruction",
	"exception callback 'catch' must have global linkage":                                          "exception",
	"local type ID argument must be in range [0, U32_MAX]":                                         "argument",
	"string is not zero-terminated":                                                                "argument",
	"R2 has no valid kptr":                                                                         "argument",
	"new_get_skb_len() has 2 args while get_skb_len() has 1 args":                                  "attach_target",
	"BPF_LSM_CGROUP that attach to void LSM hooks can't modify return value!":                      "return_value",
	"arg#1 is neither owning or non-owning ref":                                                    "argument",
	"global function calls are not allowed with preemption disabled,\nuse static function":         "lock",
}

// What Linux 6.12 says of programs that are rarer than those of the recorded
// rejections: each has a code, and a text with the kernel's own words or better ones. The words are
// those of kernel/bpf/verifier.c and btf.c.
func TestWordsOfTheKernel(t *testing.T) {
	for words, code := range kernelWords {
		reason := Explain(Rejection{Program: Program{Name: "p", Section: "tc", Type: "SchedCLS", licence: "GPL"}, Kernel: kernel.Version{Major: 6, Minor: 12},
			Stage: "load", Errno: "EINVAL", Message: "program p: load program: invalid argument", Log: "5: (bf) r1 = r2\n" + words + "\nprocessed 5 insns (limit 1000000) max_states_per_insn 0 total_states 0 peak_states 0 mark_read 0\n"})
		if reason.Code != code || strings.TrimSpace(reason.Text) == "" || reason.Fix == "" {
			t.Errorf("%q is %s: %s; want %s", words, reason.Code, reason.Text, code)
		}
	}
}

// A program whose first instruction cilium/ebpf replaced is rejected for its table of functions.
func TestFirstInstructionIsPoisoned(t *testing.T) {
	p := Program{Name: "p", Section: "tracepoint/percpu/percpu_alloc_percpu", Type: "TracePoint",
		needs: []need{{at: 0, what: "field", name: "event.size", guard: "bpf_core_field_exists()", line: "int n = e->size;"}}}
	rejection := Rejection{Program: p, Kernel: kernel.Version{Major: 5, Minor: 10}, Stage: "load", Errno: "EINVAL", Log: "number of funcs in func_info doesn't match number of subprogs\n"}
	if reason := Explain(rejection); reason.Code != "co_re" || !strings.Contains(reason.Text, "event.size") || !strings.Contains(reason.Fix, "bpf_core_field_exists()") {
		t.Errorf("%+v, want event.size", reason)
	}
	rejection.Program.needs[0].at = 7
	if reason := Explain(rejection); reason.Code != "btf" {
		t.Errorf("%+v, want btf: the first instruction needs nothing", reason)
	}
}
