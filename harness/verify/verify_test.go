package verify

import (
	"encoding/csv"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

func TestMeasure(t *testing.T) {
	for _, test := range []struct {
		name, log string
		want      Result
	}{
		{"4.19", "processed 14 insns (limit 131072), stack depth 16\n", Result{Insns: 14, StackDepth: "16"}},
		{"6.1", "verification time 45 usec\nstack depth 8+16\nprocessed 1000001 insns (limit 1000000) max_states_per_insn 4 total_states 9 peak_states 7 mark_read 3\n",
			Result{Insns: 1000001, States: 9, PeakStates: 7, StackDepth: "8+16", Load: 45e-6}},
		{"7.3", "stack depth max 112\nsubprog 0 (outer) main insns_self 17 insns_total 31 stack 8\nsubprog 1 (glob) global insns_self 10 insns_total 10 stack 40\n" +
			"subprog 2 (<unknown>) static insns_self 14 insns_total 14 stack 96\nprocessed 41 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 2 mark_read 0\n",
			Result{Insns: 41, States: 2, PeakStates: 2, StackDepth: "8+40+96", StackMax: 112}},
		{"list and maximum", "stack depth 8+16 max 32\n", Result{StackDepth: "8+16", StackMax: 32}},
		{"nothing", "", Result{}},
	} {
		var got Result
		if got.measure(test.log); !reflect.DeepEqual(got, test.want) {
			t.Errorf("%s: %+v, want %+v", test.name, got, test.want)
		}
	}
}

// What closes a log is not shown below a rejection, on any kernel.
func TestLastWords(t *testing.T) {
	log := "R2 !read_ok\nverification time 3 usec\nstack depth max 8\nsubprog 0 (p) main insns_self 1 insns_total 1 stack 8\nprocessed 1 insns (limit 1000000)\n"
	if got := lastWords(log); !slices.Equal(got, []string{"R2 !read_ok"}) {
		t.Errorf("%q", got)
	}
}

func TestFold(t *testing.T) {
	var loop strings.Builder
	loop.WriteString("0: (b7) r0 = 0\n")
	for i := range 203 {
		fmt.Fprintf(&loop, "1: (07) r0 += 1 ; R0_w=%d\n2: (a5) if r0 < 0xcb goto pc-2 ; R0_w=%d\n", i, i)
	}
	loop.WriteString("3: (95) exit\n")
	got := Fold(loop.String())
	if n := strings.Count(got, "\n") + 1; n != 5 || !strings.Contains(got, "[the 2 lines above stand here 203 times in all]") {
		t.Errorf("folded into %d lines:\n%s", n, got)
	}
	if plain := "a\nb\nc"; Fold(plain) != plain {
		t.Errorf("%q is folded into %q", plain, Fold(plain))
	}
}

func FuzzFold(f *testing.F) {
	f.Add("a\na\nb")
	f.Fuzz(func(t *testing.T, log string) {
		if got := Fold(log); len(got) > len(log)+strings.Count(log, "\n")*64+64 {
			t.Errorf("%d bytes are folded into %d", len(log), len(got))
		}
	})
}

// The logs are of kernels 4.19, 5.1, 5.10 and 6.12, cut to what counts.
func TestReasons(t *testing.T) {
	for _, test := range []struct {
		name, version string
		result        Result
		insns         int
		code, text    string
	}{
		{"long program before 5.2", "4.19.72", Result{Stage: "load", Errno: "E2BIG"}, 5002, "too_many_insns", "5.2"},
		{"long program since", "6.1", Result{Stage: "load", Errno: "E2BIG", log: "BPF program is too large. Processed 1000001 insn\nprocessed 1000001 insns"}, 5002, "complexity", "1000001"},
		{"branches", "5.10", Result{Stage: "load", Errno: "E2BIG", log: "The sequence of 8193 jumps is too complex."}, 9000, "complexity", "8193"},
		{"loop before 5.3", "5.1", Result{Stage: "load", Errno: "EINVAL", log: "back-edge from insn 10 to 2\n"}, 12, "back_edge", "before 5.3"},
		{"endless loop", "6.1", Result{Stage: "load", Errno: "EINVAL", log: "infinite loop detected at insn 1\n"}, 3, "infinite_loop", "instruction 1"},
		{"ring buffer before 5.8", "5.1", Result{Stage: "map", Errno: "EINVAL", Reason: &Reason{Text: "map rb (RingBuf): create map: invalid argument"}}, 9, "map_type", "map rb is of type RingBuf, which Linux has from 5.8 on"},
		{"wrong map", "6.1", Result{Stage: "map", Errno: "EINVAL", Reason: &Reason{Text: "map m (Hash): create map: invalid argument"}}, 9, "map", "map m (Hash)"},
		{"stack", "4.19", Result{Stage: "load", Errno: "EACCES", log: "0: (7a) *(u64 *)(r10 -520) = 0\ninvalid stack off=-520 size=8\n"}, 3, "stack", "invalid stack off=-520"},
		{"stacks of calls", "6.1", Result{Stage: "load", Errno: "EACCES", log: "combined stack size of 3 calls is 576. Too large\n"}, 3, "stack", "576"},
		{"globals before 5.2", "4.19", Result{Stage: "map", Reason: &Reason{Text: "map .rodata (Array): creating map: map create: read- and write-only maps not supported (requires >= v5.2)"}}, 3, "global_data", "from 5.2 on"},
		{"globals whose map is named alone", "4.19", Result{Stage: "map", Reason: &Reason{Text: "map .rodata: map create: read- and write-only maps not supported (requires >= v5.2)"}}, 3, "global_data", "from 5.2 on"},
		{"zeroed globals before 5.2", "4.19", Result{Stage: "load", Errno: "EINVAL", log: "unrecognized bpf_ld_imm64 insn\n"}, 3, "global_data", "from 5.2 on"},
		{"function that is not there", "6.12", Result{Stage: "relocate", Type: "Tracing", Reason: &Reason{Text: "program p: attach Tracing/TraceFEntry: fentry blk_account_io_start not supported"}}, 3, "attach_target", "no function blk_account_io_start"},
		{"function that is not listed", "7.3", Result{Stage: "load", Errno: "ENOENT", log: "The address of function blk_account_io_done cannot be found\n"}, 3, "attach_target", "no function blk_account_io_done"},
		{"fentry before 5.5", "4.19", Result{Stage: "relocate", Type: "Tracing", Reason: &Reason{Text: "program p: attach Tracing/TraceFEntry: fentry f not supported"}}, 3, "program_type", "from 5.5 on"},
		{"explained at length", "7.3", Result{Stage: "load", Errno: "EINVAL", log: "back-edge from insn 2 to 1\n\nVerification failed: Program Structure\n\nReason:\n  invalid access to unbounded min value is\n"}, 3, "back_edge", "jumps back to 1"},
		{"helper that is not there", "5.1", Result{Stage: "load", Errno: "EINVAL", log: "invalid func unknown#131\n"}, 3, "helper", "from 5.8 on"},
		{"helper of another type", "6.12", Result{Stage: "load", Errno: "EINVAL", Type: "XDP", log: "program of this type cannot use helper bpf_get_stackid#27\n"}, 3, "helper", "not for programs of type XDP"},
		{"helper of another operation", "6.12", Result{Stage: "load", Errno: "EINVAL", Type: "StructOps", log: "program of this type cannot use helper bpf_setsockopt#49\n"}, 3, "helper", "is not for this operation"},
		{"dynptr as data", "6.12", Result{Stage: "load", Errno: "EACCES", log: "11: (85) call bpf_ringbuf_reserve_dynptr#198          ; R0_w=scalar() fp-16_w=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2\n18: (85) call bpf_map_update_elem#2\ninvalid indirect read from stack R3 off -16+0 size 16\n"}, 19, "argument", "bpf_map_update_elem reads a dynptr"},
		{"dynptr beside what is read", "6.12", Result{Stage: "load", Errno: "EACCES", log: "11: (85) call bpf_ringbuf_reserve_dynptr#198          ; R0_w=scalar() fp-16_w=dynptr_ringbuf(id=1,ref_id=2,dynptr_id=1) refs=2\n18: (85) call bpf_map_update_elem#2\ninvalid indirect read from stack R3 off -1+0 size 1\n"}, 19, "uninitialised", "bpf_map_update_elem reads at -1 of the stack"},
		{"licence", "6.1", Result{Stage: "load", Errno: "EINVAL", log: "cannot call GPL-restricted function from non-GPL compatible program\n"}, 3, "licence", "GPL"},
		{"CO-RE", "6.1", Result{Stage: "load", Errno: "EINVAL", log: "invalid func unknown#195896080\n"}, 3, "co_re", ""},
		{"no BTF", "5.1", Result{Stage: "relocate", Reason: &Reason{Text: "apply CO-RE relocations: load kernel spec: no BTF found for kernel version 5.1"}}, 3, "btf", "no BTF found"},
		{"access", "6.1", Result{Stage: "load", Errno: "EACCES", log: "1: (71) r0 = *(u8 *)(r1 +0)\ninvalid access to packet, off=0 size=1, R1(id=0,off=0,r=0)\nR1 offset is outside of the packet\n"}, 3, "invalid_access", "invalid access to packet"},
		{"context", "6.1", Result{Stage: "load", Errno: "EACCES", log: "1: (61) r2 = *(u32 *)(r1 +76)\ninvalid bpf_context access off=76 size=4\n"}, 3, "invalid_access", "invalid bpf_context access off=76 size=4"},
		{"no room for the reason", "5.10", Result{Stage: "load", Errno: "EFAULT", Reason: &Reason{Text: "program p: load program: bad address (hit verifier bug, increase LogSizeStart to fit the log and check dmesg)"}}, 3, "complexity", "branches are open"},
		{"uninitialised", "6.1", Result{Stage: "load", Errno: "EACCES", log: "R2 !read_ok\n"}, 3, "uninitialised", "R2 !read_ok"},
		{"program type", "5.1", Result{Stage: "load", Errno: "EINVAL", Type: "LSM"}, 3, "program_type", "from 5.7 on"},
		{"symbol of the kernel", "6.12", Result{Stage: "relocate", Reason: &Reason{Text: "program p: resolve .ksyms: kernel is missing symbol: missing_ksym"}}, 3, "ksym", "no symbol missing_ksym"},
		{"struct_ops of a module", "6.12", Result{Stage: "relocate", Reason: &Reason{Text: `program test_1: lookup struct_ops kern type "bpf_testmod_ops": find target in modules: not found`}}, 3, "struct_ops", "no struct_ops of type bpf_testmod_ops"},
		{"memory", "6.1", Result{Stage: "map", Errno: "ENOMEM", Reason: &Reason{Text: "map m (Hash): no"}}, 3, "memory", ""},
		{"privilege", "6.1", Result{Stage: "load", Errno: "EPERM"}, 3, "privilege", ""},
		{"something else", "6.1", Result{Stage: "load", Errno: "EINVAL", log: "who knows\nprocessed 3 insns\n"}, 3, "rejected", "who knows"},
	} {
		t.Run(test.name, func(t *testing.T) {
			version, err := kernel.ParseVersion(test.version)
			if err != nil {
				t.Fatal(err)
			}
			r := test.result
			if r.Reason == nil {
				r.Reason = &Reason{Text: "load program: it failed"}
			}
			(&failure{Result: &r, program: Program{Insns: test.insns}, version: version}).explain()
			if r.Reason.Code != test.code || !strings.Contains(r.Reason.Text, test.text) {
				t.Errorf("%s: %q, want %s with %q", r.Reason.Code, r.Reason.Text, test.code, test.text)
			}
		})
	}
}

func TestSince(t *testing.T) {
	kernels := []kernel.Image{image(t, "6.12"), image(t, "5.1"), image(t, "5.10")}
	all := []Result{
		{Object: "o", Program: "p", Kernel: "6.12", Accepted: true},
		{Object: "o", Program: "p", Kernel: "5.1", Stage: "load", Reason: &Reason{}},
		{Object: "o", Program: "p", Kernel: "5.10", Accepted: true},
		{Object: "o", Program: "q", Kernel: "6.12", Stage: "load", Reason: &Reason{}},
		{Object: "o", Program: "q", Kernel: "5.1", Accepted: true},
	}
	markSince(all, kernels)
	if s := all[1].Reason.Since; s == nil || *s != "5.10" {
		t.Errorf("p is accepted since %v, want 5.10", s)
	}
	if s := all[3].Reason.Since; s != nil {
		t.Errorf("q is accepted since %q, which is an older kernel", *s)
	}
}

func image(t *testing.T, version string) kernel.Image {
	t.Helper()
	v, err := kernel.ParseVersion(version)
	if err != nil {
		t.Fatal(err)
	}
	return kernel.Image{Selector: version, Version: v}
}

func TestOutputs(t *testing.T) {
	since := "5.10"
	report := Report{Seconds: 1.5, Results: []Result{
		{Object: "o.o", Program: "p", Kernel: "5.1", Stage: "load", Reason: &Reason{Code: "back_edge", Text: "a loop\x1b", Fix: "unroll", Since: &since}},
		{Object: "o.o", Program: "p", Kernel: "5.10", Accepted: true, Insns: 12, States: 3, XlatedLen: 64, Load: 0.0015},
		{Object: "o.o", Program: "p", Kernel: "6.1", Infra: "no boot"},
	}}
	var table, values strings.Builder
	if err := Table(&table, report); err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{"back_edge", "p of o.o on 5.1: a loop \n", "to do  unroll", "since  5.10 accepts it", "1 accepted, 1 rejected, 1 infra in 1.5s"} {
		if !strings.Contains(table.String(), text) {
			t.Errorf("no %q in\n%s", text, &table)
		}
	}
	if err := CSV(&values, report); err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(strings.NewReader(values.String())).ReadAll()
	if err != nil || len(rows) != 4 || rows[2][2] != "success" || rows[2][3] != "1500" || rows[3][2] != "unknown" {
		t.Errorf("rows %q, error %v", rows, err)
	}
	if code := report.Exit(); code != 1 {
		t.Errorf("exit code %d, want 1", code)
	}
}
