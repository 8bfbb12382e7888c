package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// What a program calls its maps and functions is no word of the kernel.
func TestNamesAreNoComplaint(t *testing.T) {
	const names = "Validating bpf_spin_lock_is_missing() func#1...\n" +
		"Func#2 ('unreachable_insn_3') is safe for any args that match its prototype\n" +
		"7: (bf) r1 = r0                       ; R0=map_value(map=spin_lock,ks=4,vs=8)\n" +
		"from 7 to 9: R0=map_value(map=spin_lock,ks=4,vs=8) R10=fp0\n" +
		"8: frame1: R1_w=map_ptr(map=bpf_spin_lock,ks=4,vs=8) R10=fp0\n" +
		"; struct bpf_spin_lock is missing @ BTF.c:3\n" +
		" R6=invP0 R7=map_value(id=0,off=0,ks=4,vs=8,imm=0,name=func_info)\n"
	if got := complaint("0: (b7) r0 = 0\n" + names); got != "" {
		t.Errorf("the kernel says %q, want nothing", got)
	}
	got := complaint("0: (b7) r0 = 0\n" + names + "R2 invalid mem access 'scalar'\n")
	if got != "R2 invalid mem access 'scalar'" {
		t.Errorf("the kernel says %q", got)
	}
	for _, message := range []string{"program bpf_spin_lock is missing: load program: invalid argument", "prog 'bpf_spin_lock is missing': BPF program load failed: Invalid argument"} {
		if got := unnamed(message, "bpf_spin_lock is missing"); strings.Contains(got, "spin_lock") {
			t.Errorf("the loader says %q", got)
		}
	}
	reason := Explain(Rejection{Program: Program{Name: "bpf_spin_lock is missing", Type: "Kprobe"}, Kernel: kernel.Version{Major: 6, Minor: 12}, Stage: "load", Errno: "EACCES",
		Message: "program bpf_spin_lock is missing: load program: permission denied", Log: "0: (b7) r0 = 0\n" + names + "R2 invalid mem access 'scalar'\n"})
	if reason.Code != "invalid_access" {
		t.Errorf("%+v, want invalid_access", reason)
	}
}
