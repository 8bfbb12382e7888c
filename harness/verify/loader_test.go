package verify

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// refusals are answers of libbpf's loader, and what is to be made of each.
var refusals = map[string]struct {
	answer                     libbpf.Answer
	stage, verdict, code, text string
}{
	"unknown section": {libbpf.Answer{Stage: "prepare", Errno: "EINVAL", Messages: "libbpf: prog 'e': missing BPF prog type, check ELF section name 'xdp_prog'\nlibbpf: prog 'e': failed to load: -22\n"},
		"relocate", ByLoader, "section", `"xdp_prog"`},
	"strong symbol": {libbpf.Answer{Stage: "prepare", Errno: "ESRCH", Messages: "libbpf: extern 'bpf_prog_fops' (strong): not resolved\nlibbpf: failed to load object 'ks1.o'\n"},
		"relocate", Rejected, "ksym", "no symbol bpf_prog_fops"},
	"configuration": {libbpf.Answer{Stage: "prepare", Messages: "libbpf: extern 'CONFIG_X' (strong): not resolved\n"},
		"relocate", Rejected, "kconfig", "no CONFIG_X"},
	"kernel function": {libbpf.Answer{Stage: "prepare", Messages: "libbpf: extern (func ksym) 'bpf_iter_num_new': not found in kernel or module BTFs\n"},
		"relocate", Rejected, "kfunc", "bpf_iter_num_new"},
	"attach target": {libbpf.Answer{Stage: "prepare", Messages: "libbpf: prog 'maybe': failed to find kernel BTF type ID of 'no_such_function_here': -3\n"},
		"relocate", Rejected, "attach_target", "no_such_function_here"},
	"tracepoint": {libbpf.Answer{Stage: "prepare", Section: "tp_btf/block_io_start", Messages: "libbpf: prog 'start': failed to find kernel BTF type ID of 'block_io_start': -3\n"},
		"relocate", Rejected, "attach_target", "no tracepoint block_io_start"},
	"LSM hook": {libbpf.Answer{Stage: "prepare", Section: "lsm.s/no_hook", Messages: "libbpf: prog 'h': failed to find kernel BTF type ID of 'no_hook': -3\n"},
		"relocate", Rejected, "attach_target", "no LSM hook no_hook"},
	"other object": {libbpf.Answer{Stage: "open", Messages: "libbpf: failed to find BTF for extern 'other' [9] section: -2\n"},
		"open", ByLoader, "unlinked", "other is in another object"},
	"map": {libbpf.Answer{Stage: "map", Errno: "EINVAL", Map: "rb", MapSpec: libbpf.MapSpec{MapType: 27}, Messages: "libbpf: Error in bpf_create_map_xattr(rb):Invalid argument(-22). Retrying without BTF.\nlibbpf: map 'rb': failed to create: Invalid argument(-22)\n"},
		"map", "", "", "map rb (RingBuf): map 'rb': failed to create"},
	"verifier": {libbpf.Answer{Stage: "load", Seen: true, Errno: "EACCES", Log: "R7 !read_ok\n", Messages: "libbpf: prog 'p': BPF program load failed: Permission denied\n"},
		"load", "", "", "BPF program load failed: Permission denied"},
	"CO-RE": {libbpf.Answer{Stage: "load", Seen: true, Log: "3: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation <byte_off> [12] struct task_struct.nope (0:0 @ offset 0)\n"},
		"load", Rejected, "co_re", "task_struct.nope is not in this kernel"},
	"weak kernel function": {libbpf.Answer{Stage: "load", Seen: true, Log: "4: (b7) r3 = 10\n5: (85) call bpf_unspec#0\nBPF_CALL uses reserved fields\n",
		Messages: "libbpf: extern 'CONFIG_X' (weak): not resolved, defaulting to zero\nlibbpf: extern 'bpf_iter_num_new' (weak): not resolved, defaulting to zero\n"},
		"load", Rejected, "kfunc", "of these: bpf_iter_num_new"},
	"weak kernel function with libbpf 1.5": {libbpf.Answer{Stage: "load", Seen: true, Log: "5: <invalid kfunc call>\nkfunc 'bpf_iter_num_new' is referenced but wasn't resolved\n"},
		"load", Rejected, "kfunc", "bpf_iter_num_new"},
	"weak, but not called": {libbpf.Answer{Stage: "load", Seen: true, Log: "R7 !read_ok\n", Messages: "libbpf: extern 'f' (weak): not resolved, defaulting to zero\nlibbpf: prog 'p': BPF program load failed: x\n"},
		"load", "", "", "BPF program load failed"},
	"global data before 5.2": {libbpf.Answer{Stage: "load", Seen: true, Log: "0: <invalid BPF map reference>\nBPF map 'p.bss' is referenced but wasn't created\n"},
		"load", Rejected, "global_data", "from 5.2 on"},
	"struct_ops that libbpf does not read": {libbpf.Answer{Stage: "load", Seen: true, Errno: "ENOTSUPP", Section: "struct_ops/init", Version: "1.1.2", Messages: "libbpf: elf: skipping unrecognized data section(5) .struct_ops.link\nlibbpf: prog 'init': BPF program load failed: unknown error (-524)\n"},
		"load", ByLoader, "struct_ops", "from 1.2 on"},
	"kernel function with other arguments": {libbpf.Answer{Stage: "prepare", Messages: "libbpf: extern (func ksym) 'bpf_task_acquire': func_proto [4] incompatible with kernel [58678]\n"},
		"relocate", Rejected, "kfunc", "bpf_task_acquire has other arguments"},
	"maps of the old kind": {libbpf.Answer{Stage: "open", Messages: "libbpf: elf: legacy map definitions in 'maps' section are not supported by libbpf v1.0+\n"},
		"open", ByLoader, "section", "struct bpf_map_def"},
	"static program": {libbpf.Answer{Stage: "open", Messages: "libbpf: sec 'static': program 'static_fn' is static and not supported\n"},
		"open", ByLoader, "section", "static_fn is static"},
	"arena before 1.4": {libbpf.Answer{Stage: "open", Errno: "EINVAL", Messages: "libbpf: elf: skipping unrecognized data section(6) .addr_space.1\nlibbpf: map 'arena': attr 'map_extra': expected PTR, got enum64.\n"},
		"open", ByLoader, "arena", "map_extra"},
	"a section is skipped": {libbpf.Answer{Stage: "open", Errno: "EINVAL", Version: "1.1.2", Messages: "libbpf: elf: skipping unrecognized data section(6) .addr_space.1\nlibbpf: map 'm': attr 'x': expected y\n"},
		"open", ByLoader, "loader", "attr 'x': expected y"},
	"arena": {libbpf.Answer{Stage: "load", Seen: true, Log: "arena's user address must be set via map_extra or mmap()\n"},
		"load", ByLoader, "arena", "does not map arenas"},
	"anything else": {libbpf.Answer{Stage: "open", Errno: "EINVAL", Version: "1.1.2", Messages: "libbpf: elf: x.o is no object\n"},
		"open", ByLoader, "loader", "libbpf 1.1.2: elf: x.o is no object"},
	"no word": {libbpf.Answer{Stage: "prepare", Errno: "EFAULT", Version: "1.1.2"},
		"relocate", ByLoader, "loader", "libbpf 1.1.2: EFAULT"},
	"source is no message": {libbpf.Answer{Stage: "load", Seen: true, Log: "1: (85) call bpf_loop#181\n; die(\"kfunc 'f' is referenced but wasn't resolved\"); @ a.c:3\n2: (95) exit\nR0 !read_ok\n", Messages: "libbpf: prog 'p': BPF program load failed: x\n"},
		"load", "", "", "BPF program load failed"},
	"the name is no message": {libbpf.Answer{Stage: "load", Seen: true, Messages: "libbpf: prog 'failed to find kernel BTF type ID of 'x'': BPF program load failed: Invalid argument\n"},
		"load", "", "", "BPF program load failed"},
}

// The messages are libbpf 1.1.2's, the logs those of 6.1 and 6.18.
func TestRefusal(t *testing.T) {
	for name, test := range refusals {
		stage, verdict, reason := refusal(test.answer)
		if stage != test.stage || verdict != test.verdict || reason.Code != test.code || !strings.Contains(reason.Text, test.text) {
			t.Errorf("%s: %q %q %+v; want %+v", name, stage, verdict, reason, test)
		}
	}
}

func TestSettle(t *testing.T) {
	for name, test := range map[string]struct {
		result  Result
		verdict string
	}{
		"accepted":            {Result{Loader: Cilium, Accepted: true}, Accepted},
		"by the kernel":       {Result{Loader: Cilium, Stage: "load", Errno: "EINVAL", Reason: &Reason{Code: "rejected"}}, Rejected},
		"pin path":            {Result{Loader: Cilium, Stage: "map", Reason: &Reason{Code: "map", Text: "map m: missing MapOptions.PinPath"}}, ByLoader},
		"unknown section":     {Result{Loader: Cilium, Stage: "section", Reason: &Reason{Code: "section"}}, ByLoader},
		"missing target":      {Result{Loader: Cilium, Stage: "relocate", Reason: &Reason{Code: "attach_target"}}, Rejected},
		"lsm_cgroup":          {Result{Loader: Cilium, Stage: "load", Errno: "EINVAL", Reason: &Reason{Code: "rejected"}, log: "Tracing programs must provide btf_id\n"}, ByLoader},
		"lsm_cgroup on 5.10":  {Result{Loader: Cilium, Stage: "load", Errno: "EINVAL", Reason: &Reason{Code: "program_type"}, log: "Tracing programs must provide btf_id\n"}, Rejected},
		"missing symbol":      {Result{Loader: Cilium, Stage: "relocate", Reason: &Reason{Code: "ksym"}}, Rejected},
		"unlinked":            {Result{Loader: Cilium, Stage: "relocate", Reason: &Reason{Code: "unlinked"}}, ByLoader},
		"libbpf has its own":  {Result{Loader: Libbpf, Stage: "relocate", Reason: &Reason{Code: "x"}, Verdict: ByLoader}, ByLoader},
		"kernel with libbpf":  {Result{Loader: Libbpf, Stage: "map", Reason: &Reason{Code: "map"}}, Rejected},
		"machine":             {Result{Loader: Cilium, Infra: "gone"}, Infra},
		"optional, not asked": {Result{Loader: Cilium, Verdict: Optional}, Optional},
	} {
		test.result.settle()
		if test.result.Verdict != test.verdict {
			t.Errorf("%s: %s, want %s", name, test.result.Verdict, test.verdict)
		}
	}
}

func TestUnasked(t *testing.T) {
	for _, test := range []struct {
		section, loader, refused string
		options                  Options
		want                     string
	}{
		{"xdp", Cilium, "", Options{}, ""},
		{"?xdp", Cilium, "", Options{}, Optional},
		{"?xdp", Cilium, "", Options{Optional: true}, ""},
		{"fentry", Libbpf, "", Options{}, Undecided},
		{"?fentry", Libbpf, "", Options{Optional: true}, Undecided},
		{"fentry", Libbpf, "", Options{Targets: map[string]string{"p": "vfs_read"}}, ""},
		{"fentry/vfs_read", Libbpf, "", Options{}, ""},
		{"freplace/f", Libbpf, "", Options{Targets: map[string]string{"p": "f"}}, Undecided},
		{"kprobe", Libbpf, "", Options{}, ""},
		{"xdp", Cilium, "not supported", Options{}, ByLoader},
		{"xdp", Libbpf, "not supported", Options{}, ""},
	} {
		r, unasked := test.options.unasked(Result{Program: "p", Section: test.section, Loader: test.loader}, test.refused)
		if r.Verdict != test.want || unasked != (test.want != "") || unasked && (r.Reason == nil || r.Reason.Fix == "") {
			t.Errorf("%+v: %q, %v, %+v", test, r.Verdict, unasked, r.Reason)
		}
	}
}

func TestExitOfVerdicts(t *testing.T) {
	for verdict, want := range map[string]int{Accepted: 0, Rejected: 1, ByLoader: 1, Undecided: 0, Optional: 0} {
		r := Report{Results: []Result{{Verdict: verdict}}}
		if got := r.Exit(); got != want {
			t.Errorf("%s: exit code %d, want %d", verdict, got, want)
		}
		if got := r.ExitSince(Report{}, Budgets{}); got != want {
			t.Errorf("%s, new: exit code %d, want %d", verdict, got, want)
		}
	}
}

func TestTableOfBothLoaders(t *testing.T) {
	r := Report{Results: []Result{
		{Object: "o.o", Program: "p", Kernel: "6.1", Loader: Cilium, LoaderVersion: "v0.22.0", Accepted: true, Verdict: Accepted, Prepared: []string{"map m is not pinned"}},
		{Object: "o.o", Program: "p", Kernel: "6.1", Loader: Libbpf, LoaderVersion: "1.1.2", Verdict: ByLoader, Reason: &Reason{Code: "section", Text: "no such section"}, Prepared: []string{"map m is not pinned"}},
		{Object: "o.o", Program: "q", Kernel: "6.1", Loader: Cilium, Verdict: ByLoader, Reason: &Reason{Code: "object"}},
		{Object: "o.o", Program: "q", Kernel: "6.1", Loader: Libbpf, Verdict: Rejected, Reason: &Reason{Code: "ksym"}},
	}}
	var out strings.Builder
	if err := Table(&out, r); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"LOADER", "cilium v0.22.0", "libbpf 1.1.2", "p of o.o on 6.1 with libbpf: no such section", "prepared: o.o: map m is not pinned\n",
		"differs: p of o.o on 6.1: cilium v0.22.0 accepted, libbpf 1.1.2 loader (no such section)", "1 accepted, 1 rejected, 2 loader"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the table lacks %q:\n%s", want, &out)
		}
	}
	if n := strings.Count(out.String(), "prepared: "); n != 1 {
		t.Errorf("%d lines of preparation", n)
	}
	if n := len(r.Differences()); n != 1 {
		t.Errorf("%d differences: neither loads q", n)
	}
}

func TestChangesOfLoaders(t *testing.T) {
	one := func(loader, verdict string) Result {
		return Result{Object: "o", Program: "p", Kernel: "6.1", Loader: loader, Verdict: verdict, Accepted: verdict == Accepted}
	}
	old := Report{Results: []Result{one("", Accepted)}} // of before there were loaders
	for _, test := range []struct {
		now  []Result
		want int
	}{
		{[]Result{one(Cilium, Accepted)}, 0},
		{[]Result{one(Cilium, Rejected)}, 1},
		{[]Result{one(Cilium, Optional)}, 0},
		{[]Result{one(Cilium, Accepted), one(Libbpf, ByLoader)}, 0}, // libbpf was not tried before
	} {
		if got := Changes(old, Report{Results: test.now}); len(got) != test.want {
			t.Errorf("%+v: %d changes, want %d", test.now, len(got), test.want)
		}
	}
}

func TestLoadersOf(t *testing.T) {
	clang, bpf2go := &Object{}, &Object{Go: true}
	auto := Libbpf
	if !libbpf.Built() {
		auto = Cilium
	}
	for _, test := range []struct {
		loader string
		object *Object
		want   []string
	}{
		{"", clang, []string{Cilium}}, {Cilium, clang, []string{Cilium}}, {Libbpf, bpf2go, []string{Libbpf}},
		{Both, clang, []string{Cilium, Libbpf}}, {Auto, bpf2go, []string{Cilium}}, {Auto, clang, []string{auto}},
	} {
		o := Options{Loader: test.loader}
		if got := o.loadersOf(test.object); !slices.Equal(got, test.want) {
			t.Errorf("%q, of Go %v: %q, want %q", test.loader, test.object.Go, got, test.want)
		}
	}
	if err := CheckLoader("bcc"); err == nil {
		t.Error("there is a loader bcc")
	}
}

// fakeLoaders answers for machines in which the libbpf loader crashes on one program.
func fakeLoaders(int, string) map[string]wire.Handler {
	return map[string]wire.Handler{
		wire.OpMark: func(context.Context, *wire.Request) (any, error) { return wire.MarkResult{}, nil },
		wire.OpPut: func(_ context.Context, req *wire.Request) (any, error) {
			n, err := io.Copy(io.Discard, req.Data())
			return wire.PutResult{Size: n}, err
		},
		wire.OpExec: serveTasks(func(program string) (any, string) {
			if program == "crashes" {
				return json.RawMessage(`{"prepared":[]`), "-1 SIGSEGV"
			}
			if program == "kills" {
				return nil, ""
			}
			return libbpf.Answer{Type: 6, Seen: true, Version: "1.1.2",
				Log: "processed 7 insns (limit 1000000) max_states_per_insn 0 total_states 2 peak_states 1 mark_read 0\n"}, "0"
		}),
	}
}

// serveTasks answers for a machine's libbpf loader, which serves: load returns the answer of a
// program and the status with which its process ends; with "" the loader itself is killed.
func serveTasks(load func(program string) (answer any, status string)) wire.Handler {
	return func(_ context.Context, req *wire.Request) (any, error) {
		var args wire.Exec
		if err := req.Decode(&args); err != nil || args.Argv[1] == "remove" {
			return wire.ExecResult{}, err
		}
		tasks := bufio.NewReader(req.Data())
		var words []string
		for {
			word, err := tasks.ReadString(0)
			if err != nil {
				return wire.ExecResult{}, nil
			}
			if word != "\x00" {
				words = append(words, strings.TrimSuffix(word, "\x00"))
				continue
			}
			answer, status := load(words[1])
			if words = nil; status == "" {
				return wire.ExecResult{Exit: -1, Signal: "SIGKILL"}, nil
			}
			text, _ := json.Marshal(answer)
			if raw, ok := answer.(json.RawMessage); ok {
				text = raw
			}
			fmt.Fprintf(req.Output(wire.Stdout), "%s\n\nend %s\n", text, status)
		}
	}
}

// A crash of libbpf is the verdict of the program that it happened to, and costs no machine.
func TestLoaderCrash(t *testing.T) {
	if !libbpf.Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it")
	}
	provider := &vmstest.Fake{Answers: fakeLoaders}
	pool := scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(),
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	object := &Object{Name: "o", ELF: []byte("o")}
	for _, name := range []string{"before", "crashes", "after", "kills", "last"} {
		object.Programs = append(object.Programs, Program{Name: name, Section: "xdp"})
	}
	var got []string
	for _, r := range Run(t.Context(), []*Object{object}, []kernel.Image{{Selector: "6.1", Series: "6.1"}}, Options{Pool: pool, Loader: Libbpf}) {
		text := ""
		if r.Reason != nil {
			text = r.Reason.Code + ": " + r.Reason.Text
		}
		got = append(got, fmt.Sprintf("%s %s %d %s %s%s", r.Program, r.Verdict, r.Insns, r.LoaderVersion, text, r.Infra))
	}
	want := []string{"before accepted 7 1.1.2 ", "crashes loader 0  loader_crash: libbpf's loader gave no answer, and ended with SIGSEGV", "after accepted 7 1.1.2 ",
		"kills loader 0  loader_crash: libbpf's loader gave no answer, and ended with SIGKILL: probably the machine had too little memory", "last accepted 7 1.1.2 "}
	if !slices.Equal(got, want) || provider.Started.Load() != 1 {
		t.Errorf("in %d machines, want 1:\n%s\nwant\n%s", provider.Started.Load(), strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// What guards a relocation goes by what it is of: libbpf's words for each.
func TestGuardOfRelocation(t *testing.T) {
	for found, want := range map[string]string{
		"<enumval_value> [9] enum color::BLUE = 2":                 "bpf_core_enum_value_exists()",
		"<byte_off> [12] struct task_struct.nope (0:0 @ offset 0)": "bpf_core_field_exists()",
		"<target_type_id> [7] struct nope":                         "bpf_core_type_exists()",
	} {
		_, _, reason := refusal(libbpf.Answer{Stage: "load", Seen: true, Log: "3: <invalid CO-RE relocation>\nfailed to resolve CO-RE relocation " + found + "\n"})
		if reason.Code != "co_re" || reason.Fix != "guard it with "+want {
			t.Errorf("%s: %+v, want %s", found, reason, want)
		}
	}
}
