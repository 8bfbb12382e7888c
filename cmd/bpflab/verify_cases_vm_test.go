package main

import (
	"cmp"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
)

// verdictCase is the right answer about one program. Words are of the reason's text or remedy.
type verdictCase struct {
	program, kernel string // "object/program", and the selector
	loader          string // verify.Cilium, verify.Libbpf, or "" for both
	verdict, code   string
	words           string
	libbpf          string // the first release that accepts it; the answer above is that of older ones
	needsClang      int    // the first clang that compiles it
}

const (
	oldKernel, newKernel, latestKernel = "5.10", "6.12", "latest"
)

// wantedVerdicts are what people meet: each row is the smallest form of one kind. Rejections
// after a million instructions are in TestVerifyAfterManyInstructions, more reasons in
// TestVerifyReasons, what is attached in TestVerifyAttach.
var wantedVerdicts = []verdictCase{
	{program: "prepare/counts", kernel: oldKernel, verdict: verify.Accepted},
	{program: "prepare/counts", kernel: latestKernel, verdict: verify.Accepted},
	{program: "prepare/stack", kernel: oldKernel, verdict: verify.Accepted},
	{program: "prepare/maybe", kernel: oldKernel, verdict: verify.Optional, code: "optional", words: "--optional"},
	{program: "prepare/replaces", kernel: newKernel, verdict: verify.Undecided, code: "attach_target", words: "freplace"},

	{program: "case_loop/loops", kernel: oldKernel, verdict: verify.Rejected, code: "kfunc", words: "bpf_iter_num_new"},
	{program: "case_loop/loops", kernel: oldKernel, verdict: verify.Rejected, code: "kfunc", words: "bpf_ksym_exists("},
	{program: "case_loop/loops", kernel: newKernel, verdict: verify.Accepted},
	{program: "case_loop/keeps_iterator", kernel: newKernel, verdict: verify.Rejected, code: "reference", words: "bpf_iter_num_destroy"},

	{program: "case_struct_ops/threshold", kernel: oldKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_struct_ops/avoid", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_struct_ops/undo", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "object", words: ".struct_ops"},

	{program: "case_symbols/with_type", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_symbols/with_type", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "object", words: "--loader libbpf"},
	{program: "case_symbols/without_type", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "externs/symbols", kernel: oldKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "strong/needs", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Rejected, code: "ksym", words: "bpflab_no_such_symbol"},
	{program: "externs/data", kernel: oldKernel, loader: verify.Libbpf, verdict: verify.Accepted}, // a weak option that no kernel has

	{program: "case_data/adds_up", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_data/adds_up", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "object"},
	{program: "case_shared/of_xdp", kernel: oldKernel, verdict: verify.Accepted},
	{program: "case_shared/of_tc", kernel: oldKernel, verdict: verify.Accepted},
	{program: "case_shared/of_xdp_again", kernel: oldKernel, verdict: verify.Accepted},
	{program: "case_shared/of_tc", kernel: latestKernel, verdict: verify.Accepted},
	{program: "case_shared/of_xdp_again", kernel: latestKernel, verdict: verify.Accepted},

	{program: "case_arena/visit", kernel: newKernel, loader: verify.Libbpf, verdict: verify.ByLoader, libbpf: "1.4", needsClang: 19},
	{program: "case_arena/visit", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, needsClang: 19},

	{program: "case_sections/of_cgroup", kernel: oldKernel, verdict: verify.Rejected, code: "program_type", words: "from 6.0 on"},
	{program: "case_sections/of_cgroup", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_sections/of_cgroup", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "loader", words: "socket_create"},
	{program: "case_sections/of_session", kernel: latestKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "loader", words: "vfs_fsync"},
	{program: "case_sections/of_session", kernel: latestKernel, loader: verify.Libbpf, verdict: verify.ByLoader, code: "section", words: "1.7", libbpf: "1.7"},
	{program: "case_sections/of_unix", kernel: oldKernel, loader: verify.Cilium, verdict: verify.Rejected, code: "program_type", words: "from 6.7 on"},
	{program: "case_sections/of_unix", kernel: newKernel, loader: verify.Cilium, verdict: verify.Accepted},
	{program: "case_sections/of_unix", kernel: newKernel, loader: verify.Libbpf, verdict: verify.ByLoader, code: "section", words: "1.3", libbpf: "1.3"},
	{program: "case_sections/of_frags", kernel: oldKernel, verdict: verify.Rejected, code: "program_type", words: "5.18"},
	{program: "case_sections/of_frags", kernel: newKernel, verdict: verify.Accepted},
	{program: "case_sections/of_netkit", kernel: newKernel, loader: verify.Libbpf, verdict: verify.ByLoader, code: "section", words: "1.3", libbpf: "1.3"},
	{program: "case_sections/by_beginning", kernel: newKernel, loader: verify.Libbpf, verdict: verify.ByLoader, code: "section", words: `SEC("socket")`},
	{program: "case_sections/by_beginning", kernel: newKernel, loader: verify.Cilium, verdict: verify.Accepted},

	{program: "case_context/passes_context", kernel: oldKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "loader", words: "keeps_stack takes is marked __arg_ctx"},
	{program: "case_context/passes_context", kernel: oldKernel, loader: verify.Libbpf, verdict: verify.ByLoader, code: "loader", words: "libbpf from 1.4 on", libbpf: "1.4"},
	{program: "case_context/passes_context", kernel: newKernel, verdict: verify.Accepted},

	{program: "case_words/poisoned_invalid_func", kernel: newKernel, verdict: verify.Rejected, code: "invalid_access", words: "data_end"},
	{program: "case_words/counts_third", kernel: oldKernel, verdict: verify.Rejected, code: "instruction", words: "from 5.12 on"},
	{program: "case_words/counts_third", kernel: newKernel, verdict: verify.Accepted},
	{program: "reasons/follows_task", kernel: oldKernel, verdict: verify.Rejected, code: "invalid_access", words: "BPF_CORE_READ"},
	{program: "reasons/keeps_lock", kernel: oldKernel, verdict: verify.Rejected, code: "lock", words: "bpf_spin_unlock"},
	{program: "reasons/adds_before_check", kernel: newKernel, verdict: verify.Rejected, code: "invalid_access", words: "if (!"},
	{program: "reasons/returns_nine", kernel: newKernel, verdict: verify.Rejected, code: "return_value", words: "returns 9"},
	{program: "reasons/returns_nine", kernel: oldKernel, verdict: verify.Accepted}, // kernels look from 6.12 on
	{program: "reasons/helper_that_sleeps", kernel: latestKernel, verdict: verify.Rejected, code: "sleepable", words: "lsm.s/"},

	{program: "unlinked/calls_elsewhere", kernel: newKernel, verdict: verify.ByLoader, code: "unlinked", words: "bpftool gen object"},
	{program: "case_ring/writes", kernel: newKernel, loader: verify.Cilium, verdict: verify.Accepted},
	{program: "case_ring/writes", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Rejected, code: "map", words: "neither keys nor values"},
	{program: "case_maps/of_plain", kernel: newKernel, verdict: verify.Accepted},
	{program: "case_maps/of_none", kernel: newKernel, verdict: verify.Accepted},
	{program: "case_maps/of_odd", kernel: newKernel, loader: verify.Cilium, verdict: verify.ByLoader, code: "object", words: "map odd"},
	{program: "case_maps/of_odd", kernel: newKernel, loader: verify.Libbpf, verdict: verify.Accepted},
	{program: "case_same/entry", kernel: newKernel, verdict: verify.Accepted},
	{program: "case_same_careless/entry", kernel: newKernel, verdict: verify.Rejected, code: "invalid_access"},
	{program: "case_frames/deep_enough", kernel: newKernel, verdict: verify.Rejected, code: "stack", words: "stack"},
	{program: "case_frames/deep_enough", kernel: latestKernel, verdict: verify.Accepted}, // a private stack
}

// answer returns the verdict, code and words that a result must have.
func (w verdictCase) answer(r verify.Result) (word, code, words string) {
	if w.libbpf != "" && r.Loader == verify.Libbpf && !olderRelease(r.LoaderVersion, w.libbpf) {
		return verify.Accepted, "", ""
	}
	return w.verdict, w.code, w.words
}

func olderRelease(version, than string) bool {
	a, errA := kernel.ParseVersion(version)
	b, errB := kernel.ParseVersion(than)
	return errA == nil && errB == nil && a.Compare(b) < 0
}

// wrong says what is wrong with a result, "" if it is as wanted.
func (w verdictCase) wrong(r verify.Result) string {
	word, code, words := w.answer(r)
	reason := cmp.Or(r.Reason, &verify.Reason{})
	if r.Verdict == word && (code == "" || reason.Code == code) && strings.Contains(reason.Text+"\n"+reason.Fix, words) {
		return ""
	}
	return fmt.Sprintf("%s, %s: %s (%s); want %s, %s, with %q", r.Verdict, reason.Code, reason.Text, reason.Fix, word, code, words)
}

// clangMajor returns the release of the clang that compiles the tests' objects.
func clangMajor(t *testing.T) int {
	t.Helper()
	clang, err := build.FindClang(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`version (\d+)\.`).FindStringSubmatch(clang.Version)
	if m == nil {
		t.Fatalf("%q names no version", clang.Version)
	}
	major, _ := strconv.Atoi(m[1])
	return major
}

// wantedObjects compiles the objects of the table's rows, and returns the rows that this clang
// compiles.
func wantedObjects(t *testing.T) (objects []string, rows []verdictCase) {
	t.Helper()
	clang, done := clangMajor(t), map[string]bool{}
	for _, w := range wantedVerdicts {
		name, _, _ := strings.Cut(w.program, "/")
		if clang < w.needsClang {
			t.Run(w.program, func(t *testing.T) {
				t.Skipf("NOT TESTED on %s: needs clang %d, this is %d", w.kernel, w.needsClang, clang)
			})
			continue
		}
		rows = append(rows, w)
		if done[name] {
			continue
		}
		done[name] = true
		if name == "case_same_careless" {
			objects = append(objects, compiledAs(t, name, "case_same.bpf", "-DCARELESS"))
			continue
		}
		objects = append(objects, compiledAs(t, name, name+".bpf"))
	}
	return objects, rows
}

// compiledAs returns the object of a C file in testdata/verify, under another name.
func compiledAs(t *testing.T, name, source string, flags ...string) string {
	t.Helper()
	object := compiledFor(t, "bpf", source, flags...)
	renamed := filepath.Join(filepath.Dir(object), name)
	if err := os.Rename(object, renamed); err != nil {
		t.Fatal(err)
	}
	return renamed
}

// Verdicts and reasons of both loaders are right for every kind of program that people were
// given a wrong one for.
func TestVerifyVerdicts(t *testing.T) {
	needVMs(t)
	needLibbpf(t)
	objects, rows := wantedObjects(t)
	file := filepath.Join(t.TempDir(), "v.json")
	kernels := strings.Join([]string{oldKernel, newKernel, latestKernel}, ",")
	ran := bpflab(t, append([]string{"verify", "--json", file, "--dir", t.TempDir(), "--kernel", kernels, "--loader", "both"}, objects...)...)
	ran.want(t, verdict.ExitFail)
	var report verify.Report
	readJSON(t, file, &report)
	results := map[string]verify.Result{}
	for _, r := range report.Results {
		results[strings.Join([]string{r.Object + "/" + r.Program, r.Kernel, r.Loader}, " ")] = r
	}
	for _, w := range rows {
		for _, loader := range []string{verify.Cilium, verify.Libbpf} {
			if w.loader != "" && w.loader != loader {
				continue
			}
			key := strings.Join([]string{w.program, w.kernel, loader}, " ")
			r, there := results[key]
			if !there {
				t.Errorf("%s: no result", key)
			} else if wrong := w.wrong(r); wrong != "" {
				t.Errorf("%s: %s", key, wrong)
			}
		}
	}
	for _, want := range []string{"differs: ", "the loader makes the difference", "map pinned is not pinned", "map unsized: max_entries 1, sized by bpflab"} {
		if !strings.Contains(ran.stdout, want) {
			t.Errorf("the table lacks %q", want)
		}
	}
}

// Programs of every kind are attached, or the result says why not and is no rejection; one that
// the kernel refuses to attach is.
func TestVerifyAttach(t *testing.T) {
	needVMs(t)
	file := filepath.Join(t.TempDir(), "v.json")
	ran := bpflab(t, "verify", compiledAs(t, "case_attach", "case_attach.bpf"), "--attach", "--kernel", newKernel, "--json", file, "--dir", t.TempDir())
	ran.want(t, verdict.ExitFail)
	var report verify.Report
	readJSON(t, file, &report)
	notAttached := map[string]string{"in_absent_file": "/no/such/file is not in this machine", "at_nothing": "does not say where", "over_map": "over a map",
		"on_netkit": "netkit device", "on_cpumap": "map's entry", "of_tunnel": "LWTIn"}
	refused := map[string]string{"within_instruction": "do_exit+0x1", "at_none": "no_such_function_*"}
	for _, r := range report.Results {
		why, not := notAttached[r.Program]
		text, rejected := refused[r.Program]
		switch {
		case rejected:
			if r.Verdict != verify.Rejected || r.Stage != "attach" || !strings.Contains(r.Reason.Text, text) {
				t.Errorf("%s: %s, %+v; want a rejection with %q", r.Program, r.Verdict, r.Reason, text)
			}
		case !r.Accepted || not != strings.HasPrefix(r.Warning, "not attached: ") || !strings.Contains(r.Warning, why):
			t.Errorf("%s: %s, %+v, %q; want a warning with %q", r.Program, r.Verdict, r.Reason, r.Warning, why)
		}
	}
	if want := "not attached: at_nothing of case_attach: "; !strings.Contains(ran.stdout, want) {
		t.Errorf("the table lacks %q:\n%s", want, ran.stdout)
	}
}
