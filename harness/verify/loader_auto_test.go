package verify

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

func TestKeepBetter(t *testing.T) {
	reason := &Reason{Code: "x", Text: "why not"}
	accepted := Result{Accepted: true, Verdict: Accepted}
	rejected := Result{Verdict: Rejected, Stage: "load", Reason: reason}
	byLoader := Result{Verdict: ByLoader, Reason: reason}
	ofMap := Result{Verdict: Rejected, Stage: wire.StageMap, Reason: reason}
	unread := Result{Verdict: ByLoader, Unread: true, Reason: reason}
	crashed := Result{Verdict: Rejected, Stage: stageCrash, Reason: reason}
	for name, test := range map[string]struct {
		first, second Result
		keepsSecond   bool
	}{
		"the other one loads it":           {byLoader, accepted, true},
		"the other one alone gets so far":  {rejected, accepted, true},
		"the kernel's word is worth more":  {byLoader, rejected, true},
		"both are rejected":                {rejected, rejected, false},
		"another map than the program's":   {ofMap, rejected, true},
		"its own map":                      {ofMap, ofMap, true},
		"a section, whatever the map":      {ofMap, byLoader, true},
		"an object that is not read":       {ofMap, unread, false},
		"no loader can":                    {byLoader, byLoader, false},
		"the other one cannot read it":     {rejected, byLoader, false},
		"the other machine could not":      {byLoader, Result{Verdict: Infra, Infra: "gone"}, false},
		"a crash is not lost":              {rejected, crashed, true},
		"a crash with a first that failed": {byLoader, crashed, true},
	} {
		first, second := test.first, test.second
		first.Loader, second.Loader, second.second = Libbpf, Cilium, true
		got := keepBetter([]Result{accepted, first, second, accepted})
		if len(got) != 3 || !got[0].Accepted || !got[2].Accepted {
			t.Errorf("%s: %+v", name, got)
			continue
		}
		if kept := got[1].Loader == Cilium; kept != test.keepsSecond {
			t.Errorf("%s: the second is kept: %v", name, kept)
		}
		if said := got[1].Warning == "loaded with cilium/ebpf and not libbpf: why not"; said != test.keepsSecond {
			t.Errorf("%s: the warning is %q", name, got[1].Warning)
		}
	}
}

// Where no loader loads a program, nobody is sent to the other one.
func TestNeitherLoads(t *testing.T) {
	first := Result{Loader: Cilium, Verdict: ByLoader, Reason: &Reason{Code: "object", Text: "odd", Fix: "--loader libbpf, or --loader auto"}}
	second := Result{Loader: Libbpf, Verdict: ByLoader, Reason: &Reason{Code: "arena", Text: "no arenas", Fix: "build it anew"}, second: true}
	got := keepBetter([]Result{first, second})
	if len(got) != 1 || got[0].Reason.Text != "odd" || got[0].Reason.Fix != "libbpf does not load it either: no arenas" {
		t.Errorf("%+v, %+v", got, got[0].Reason)
	}
}

// twoLoaders answers for machines in which libbpf knows no section "new", cilium/ebpf no
// section "old", and the kernel takes no program "bad".
func twoLoaders(int, string) map[string]wire.Handler {
	handlers := fakeLoaders(0, "")
	handlers[wire.OpExec] = serveTasks(func(program string) (any, string) {
		a := libbpf.Answer{Type: 6, Seen: true, Version: "1.1.2"}
		switch program {
		case "new":
			a = libbpf.Answer{Stage: libbpf.StagePrepare, Version: "1.1.2", Messages: "libbpf: prog 'new': missing BPF prog type, check ELF section name 'new'\n"}
		case "bad", "old_bad":
			a.Stage, a.Errno, a.Log = libbpf.StageLoad, "EACCES", "R7 !read_ok\n"
		}
		return a, "0"
	})
	handlers[wire.OpOpen] = func(context.Context, *wire.Request) (any, error) { return wire.OpenResult{}, nil }
	handlers[wire.OpVerify] = func(_ context.Context, req *wire.Request) (any, error) {
		var args wire.Verify
		if err := req.Decode(&args); err != nil {
			return nil, err
		}
		switch args.Program {
		case "bad":
			return wire.VerifyResult{Stage: wire.StageLoad, Errno: "EACCES", Message: "load program: permission denied"}, nil
		case "old", "old_bad":
			return wire.VerifyResult{Stage: wire.StageSection, Message: "section names no type"}, nil
		}
		return wire.VerifyResult{Accepted: true}, nil
	}
	return handlers
}

// Auto loads what any of the two loaders loads, whichever the object is for, and gives one
// result for each program.
func TestAuto(t *testing.T) {
	if !libbpf.Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it")
	}
	pool := scheduler.New(scheduler.Options{Provider: &vmstest.Fake{Answers: twoLoaders}, Dir: t.TempDir(),
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	run := func(object *Object, loader string) (got []string) {
		for _, r := range Run(t.Context(), []*Object{object}, []kernel.Image{{Selector: "6.1", Series: "6.1"}}, Options{Pool: pool, Loader: loader}) {
			why, _, _ := strings.Cut(r.Warning, ":")
			got = append(got, fmt.Sprintf("%s %s %s %s", r.Program, r.Verdict, r.Loader, why))
		}
		return got
	}
	of := func(object *Object) *Object {
		object.Name, object.ELF = "o", []byte("o")
		for _, name := range []string{"both", "new", "old", "bad", "old_bad"} {
			object.Programs = append(object.Programs, Program{Name: name, Section: "xdp"})
		}
		return object
	}
	got := run(of(&Object{}), Auto)
	want := []string{"both accepted libbpf ", "new accepted cilium loaded with cilium/ebpf and not libbpf",
		"old accepted libbpf ", "bad rejected libbpf ", "old_bad rejected libbpf "}
	if !slices.Equal(got, want) {
		t.Errorf("an object of clang:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = run(of(&Object{Go: true}), Auto)
	want = []string{"both accepted cilium ", "new accepted cilium ", "old accepted libbpf loaded with libbpf and not cilium/ebpf",
		"bad rejected cilium ", "old_bad rejected libbpf loaded with libbpf and not cilium/ebpf"}
	if !slices.Equal(got, want) {
		t.Errorf("an object of Go:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = run(of(&Object{}), Either)
	want = []string{"both accepted cilium ", "new accepted cilium ", "old accepted libbpf loaded with libbpf and not cilium/ebpf",
		"bad rejected cilium ", "old_bad rejected libbpf loaded with libbpf and not cilium/ebpf"}
	if !slices.Equal(got, want) {
		t.Errorf("either:\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	got = run(&Object{Name: "o", ELF: []byte("o"), Go: true, Programs: []Program{{Name: "odd", Section: "xdp", refused: "a map"}}}, Auto)
	if want := []string{"odd accepted libbpf loaded with libbpf and not cilium/ebpf"}; !slices.Equal(got, want) {
		t.Errorf("an object of Go that cilium/ebpf does not read: %q, want %q", got, want)
	}
	if got := run(of(&Object{}), Both); len(got) != 10 {
		t.Errorf("both loaders give %d results", len(got))
	}
}

// A rejection for what the verifier found in the program's own instructions is the same with the
// other loader, which is not asked then; all others may not be.
func TestFinal(t *testing.T) {
	if !libbpf.Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it")
	}
	options, image := Options{Loader: Auto}, kernel.Image{Version: kernel.Version{Major: 6, Minor: 1}}
	for name, test := range map[string]struct {
		result Result
		want   bool
	}{
		"an access":         {Result{Stage: "load", Errno: "EACCES", Reason: &Reason{Text: "x"}, log: "R0 invalid mem access 'scalar'\n"}, true},
		"a million":         {Result{Stage: "load", Errno: "E2BIG", Reason: &Reason{Text: "x"}, log: "BPF program is too large. Processed 1000001 insn\n"}, true},
		"a kernel function": {Result{Stage: "load", Errno: "EINVAL", Reason: &Reason{Code: "kfunc", Text: "x"}}, false},
		"an argument":       {Result{Stage: "load", Errno: "EINVAL", Reason: &Reason{Text: "x"}, log: "R1 type=scalar expected=fp\n"}, false},
		"a map":             {Result{Stage: "map", Errno: "EINVAL", Reason: &Reason{Text: "map m (Hash): no"}}, false},
		"the loader":        {Result{Stage: "relocate", Verdict: ByLoader, Reason: &Reason{Code: "loader", Text: "x"}}, false},
	} {
		before := *test.result.Reason
		_, another := options.second(pending{object: &Object{}, program: Program{Name: "p"}, loader: Cilium}, test.result, image)
		if another == test.want || *test.result.Reason != before {
			t.Errorf("%s: another try: %v, want %v; the reason was %+v and is %+v", name, another, !test.want, before, test.result.Reason)
		}
	}
}

// A bpflab without the libbpf loader says so where that may be why a program is not loaded.
func TestMarkUnbuilt(t *testing.T) {
	reason := &Reason{Code: "object", Text: "no"}
	all := []Result{
		{Object: "c.o", Program: "loads", Verdict: Accepted, Accepted: true},
		{Object: "c.o", Program: "odd", Verdict: ByLoader, Reason: reason, Warning: "also"},
		{Object: "c.o", Program: "bad", Verdict: Rejected, Reason: reason},
		{Object: "text.o", Unread: true, Verdict: ByLoader, Reason: reason},
	}
	markUnbuilt(all, func(kernel.Arch) error { return libbpf.ErrNotBuilt })
	for _, r := range all {
		marked := strings.HasPrefix(r.Warning, "loaded with cilium/ebpf and not libbpf: this bpflab was built without")
		if want := r.Object == "c.o" && r.Program == "odd"; marked != want || want && !strings.HasSuffix(r.Warning, "\nalso") {
			t.Errorf("%s of %s: %q", r.Program, r.Object, r.Warning)
		}
	}
	if lines := (Report{Results: all}).instead(); len(lines) != 1 || !strings.HasPrefix(lines[0], "odd of c.o on ") {
		t.Errorf("the table says %q", lines)
	}
}

// With Auto each program has one result on each kernel, whichever loader it is by: it is one line
// of the table for a pull request, in one file for veristat, and is compared with what it was.
func TestOneResultOfTwoLoaders(t *testing.T) {
	now := Report{Results: []Result{
		{Object: "o", Program: "p", Kernel: "5.10", Loader: Cilium, Accepted: true, Insns: 3},
		{Object: "o", Program: "p", Kernel: "6.12", Loader: Libbpf, Accepted: true, Insns: 4},
	}}
	var text strings.Builder
	if err := Markdown(&text, now); err != nil || !strings.Contains(text.String(), "\n| p | 3 | 4 |\n") {
		t.Errorf("error %v:\n%s", err, &text)
	}
	dir := t.TempDir()
	if err := WriteVeristat(dir, now); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(dir + "/*"); len(files) != 2 || filepath.Base(files[0]) != "5.10.csv" {
		t.Errorf("the files are %q", files)
	}
	was := Report{Results: []Result{{Object: "o", Program: "p", Kernel: "6.12", Loader: Cilium, Accepted: true, Insns: 1}}}
	if got := Changes(was, now); len(got) != 1 || got[0].Measure != "insns" {
		t.Errorf("the changes are %+v", got)
	}
	was.Results = append(was.Results, Result{Object: "o", Program: "p", Kernel: "6.12", Loader: "third", Accepted: true})
	if got := Changes(was, now); len(got) != 0 {
		t.Errorf("two results of before are compared: %+v", got)
	}
}
