package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// compiled returns the object of a C file in testdata/verify.
func compiled(t *testing.T, name string) string { return compiledFor(t, "bpf", name) }

func compiledFor(t *testing.T, target, name string, flags ...string) string {
	t.Helper()
	clang, err := build.FindClang(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	object := filepath.Join(t.TempDir(), name+".o")
	flags = append(flags, "-O2", "-g", "-target", target, "-I/usr/include/x86_64-linux-gnu",
		"-c", filepath.Join("testdata", "verify", name+".c"), "-o", object)
	out, err := exec.Command(clang.Path, flags...).CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	return object
}

// verified returns the results, by program and kernel.
func verified(t *testing.T, wantCode int, args ...string) map[string]verify.Result {
	t.Helper()
	file := filepath.Join(t.TempDir(), "v.json")
	bpflab(t, append([]string{"verify", "--json", file, "--dir", t.TempDir()}, args...)...).want(t, wantCode)
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var report verify.Report
	if err := json.Unmarshal(text, &report); err != nil {
		t.Fatal(err)
	}
	by := map[string]verify.Result{}
	for _, r := range report.Results {
		by[r.Program+" "+r.Kernel] = r
	}
	return by
}

func TestVerify(t *testing.T) {
	needVMs(t)
	results := verified(t, verdict.ExitFail, compiled(t, "limits.bpf"), "--kernel", "5.10,6.12")
	for _, kernel := range []string{"5.10", "6.12"} {
		for _, program := range []string{"many", "bounded", "ring"} {
			r := results[program+" "+kernel]
			if !r.Accepted || r.Insns == 0 || r.XlatedLen == 0 || r.JitedLen == 0 || r.Load == 0 || r.Release == "" {
				t.Errorf("%s on %s: %+v", program, kernel, r)
			}
		}
		r := results["careless "+kernel]
		if r.Accepted || r.Reason == nil || r.Reason.Code != "invalid_access" || r.Reason.Since != nil || !strings.Contains(r.Reason.Line, "packet[0]") || r.Log == "" {
			t.Errorf("careless on %s: %+v, %+v", kernel, r, r.Reason)
		}
	}
}

// A rejection after very many instructions is the verifier's answer, and no crash: the
// log of so many instructions took all of the machine's memory.
func TestVerifyAfterManyInstructions(t *testing.T) {
	needVMs(t)
	results := verified(t, verdict.ExitFail, compiled(t, "long.bpf"), "--kernel", "5.10,latest")
	for name, want := range map[string]struct {
		code, errno, text string
		insns             int // at least
	}{
		"endless 5.10":   {"complexity", "E2BIG", "1000001 instructions", 1000001},
		"endless latest": {"complexity", "E2BIG", "1000001 instructions", 1000001},
		"walker 5.10":    {"invalid_access", "EACCES", "invalid access to packet, off=65535", 300_000},
		"walker latest":  {"invalid_access", "EACCES", "invalid access to packet, off=65535", 300_000},
		"maygoto 5.10":   {"instruction", "EINVAL", "may_goto", 0},
		"maygoto latest": {"complexity", "E2BIG", "1000001 instructions", 1000001},
	} {
		r, ok := results[name]
		if !ok || r.Accepted || r.Reason == nil || r.Stage != "load" || r.Errno != want.errno || r.Insns < want.insns ||
			r.Reason.Code != want.code || !strings.Contains(r.Reason.Text, want.text) {
			t.Errorf("%s: %+v, %+v; want %+v", name, r, r.Reason, want)
		}
	}
}

// The line of C of a rejection is found at the end of a log that is longer than its buffer, if the
// verifier was quick enough to be asked again.
func TestVerifyLongLog(t *testing.T) {
	needVMs(t)
	needLibbpf(t)
	results := verified(t, verdict.ExitFail, compiled(t, "long.bpf"), "--prog", "late", "--kernel", "5.10,latest", "--loader", "libbpf")
	for _, kernel := range []string{"5.10", "latest"} {
		r := results["late "+kernel]
		if r.Reason == nil || r.Reason.Code != "invalid_access" || r.Insns <= 32767 {
			t.Errorf("%s: %+v, %+v", kernel, r, r.Reason)
		} else if r.Load <= 2 && !strings.Contains(r.Reason.Line, "too late") {
			t.Errorf("%s, after %.1f s: %q", kernel, r.Load, r.Reason.Line)
		}
	}
}

// kernelBefore52 returns the selector of an imported kernel; without one the test is
// skipped, loudly.
func kernelBefore52(t *testing.T) string {
	t.Helper()
	o := bpflab(t, "kernels", "list", "--json")
	o.want(t, verdict.ExitOK)
	old := regexp.MustCompile(`"(local:[^"]*4\.(?:9|1\d)[^"]*)"`).FindStringSubmatch(o.stdout)
	if old == nil {
		t.Skip("NO KERNEL BEFORE 5.2: the cache has none; import one with `bpflab kernels import`, its name with 4.19 in it")
	}
	return old[1]
}

func TestVerifyBefore52(t *testing.T) {
	needVMs(t)
	old := kernelBefore52(t)
	results := verified(t, verdict.ExitFail, compiled(t, "limits.bpf"), "--kernel", old+",5.10")
	for program, want := range map[string]struct{ code, text string }{
		"many":     {"too_many_insns", "accepted from 5.2 on"},
		"bounded":  {"back_edge", "before 5.3"},
		"ring":     {"map_type", "RingBuf, which Linux has from 5.8 on"},
		"careless": {"invalid_access", "invalid access to packet"},
	} {
		r := results[program+" "+old]
		if r.Accepted || r.Reason == nil || r.Reason.Code != want.code || !strings.Contains(r.Reason.Text, want.text) {
			t.Errorf("%s on %s: %+v, %+v; want %+v", program, old, r, r.Reason, want)
			continue
		}
		if since := r.Reason.Since; (since != nil && *since == "5.10") == (program == "careless") {
			t.Errorf("%s: since %v", program, since)
		}
	}
}

func TestVerifyOfNoObjects(t *testing.T) {
	for _, args := range [][]string{{"verify"}, {"verify", "/nonexistent/x.o"}, {"verify", t.TempDir()}} {
		var out strings.Builder
		if code := execute(args, &out, &out); code != verdict.ExitUsage {
			t.Errorf("%q: exit code %d, want %d\n%s", args, code, verdict.ExitUsage, &out)
		}
	}
}

// A kernel without BTF takes a CO-RE program once its types are given with --btf; kernels that
// have BTF use their own.
func TestVerifyWithBTF(t *testing.T) {
	needVMs(t)
	old := kernelBefore52(t)
	object, types := compiled(t, "core.bpf"), compiled(t, "types.bpf")
	without := verified(t, verdict.ExitFail, object, "--kernel", old+",6.1")
	if r := without["pid "+old]; r.Accepted || r.Reason == nil || r.Reason.Code != "btf" || !strings.Contains(r.Reason.Fix, "--btf") {
		t.Errorf("without types: %+v, %+v", r, r.Reason)
	}
	with := verified(t, verdict.ExitOK, object, "--kernel", old+",6.1", "--btf", types)
	for name, r := range with {
		if !r.Accepted {
			t.Errorf("%s with types: %+v", name, r.Reason)
		}
	}
	if code := execute([]string{"verify", object, "--btf", "verify_vm_test.go"}, os.Stderr, os.Stderr); code != verdict.ExitUsage {
		t.Errorf("a file without BTF: exit code %d", code)
	}
}

// debianTools are programs of Debian's libbpf-tools, which nobody here wrote, with
// what must be accepted on which kernels.
var debianTools = []string{"opensnoop", "execsnoop", "tcpconnect", "vfsstat", "biotop"}

// libbpfTools unpacks Debian's package of that name.
func libbpfTools(t *testing.T) []string {
	t.Helper()
	dir := t.TempDir()
	fetch := exec.Command("apt-get", "-qq", "download", "libbpf-tools")
	fetch.Dir = dir
	if out, err := fetch.CombinedOutput(); err != nil {
		t.Skipf("NO OBJECTS OF OTHERS: apt-get download libbpf-tools: %v: %s", err, out)
	}
	debs, _ := filepath.Glob(filepath.Join(dir, "*.deb"))
	if out, err := exec.Command("dpkg", append([]string{"-x"}, append(debs, dir)...)...).CombinedOutput(); err != nil {
		t.Fatalf("dpkg -x: %v: %s", err, out)
	}
	var paths []string
	for _, name := range debianTools {
		found, _ := filepath.Glob(filepath.Join(dir, "usr", "sbin", name))
		also, _ := filepath.Glob(filepath.Join(dir, "usr", "sbin", name+"-libbpf")) // their names from Debian 13 on
		if found = append(found, also...); len(found) != 1 {
			t.Fatalf("libbpf-tools of this release has no %s: %v", name, found)
		}
		paths = append(paths, found[0])
	}
	return paths
}

// Programs of Debian's libbpf-tools are in the tools themselves. Newer kernels have
// all that they ask for; what a kernel lacks is said.
func TestVerifyObjectsOfOthers(t *testing.T) {
	needVMs(t)
	tools := libbpfTools(t)
	file, csv := filepath.Join(t.TempDir(), "v.json"), filepath.Join(t.TempDir(), "v.csv")
	args := append([]string{"verify", "--kernel", "5.10,6.1,6.12,latest", "--json", file, "--csv", csv, "--dir", t.TempDir()}, tools...)
	if ran := bpflab(t, args...); ran.code == verdict.ExitInfra || ran.code == verdict.ExitUsage {
		t.Fatalf("exit code %d\n%s%s", ran.code, ran.stdout, ran.stderr)
	}
	var report verify.Report
	readJSON(t, file, &report)
	accepted := map[string]int{}
	for _, r := range report.Results {
		switch {
		case r.Accepted:
			accepted[r.Kernel]++
		case r.Reason == nil || r.Reason.Code == "rejected" || r.Reason.Fix == "":
			t.Errorf("%s %s on %s: %+v", r.Object, r.Program, r.Kernel, r.Reason)
		}
	}
	for _, kernel := range []string{"5.10", "6.1", "6.12", "latest"} {
		if accepted[kernel] < 10 {
			t.Errorf("on %s %d programs are accepted", kernel, accepted[kernel])
		}
	}
	text, err := os.ReadFile(csv)
	if lines := strings.Count(string(text), "\n"); err != nil || lines != len(report.Results)+1 || !strings.HasPrefix(string(text), "file_name,prog_name,verdict,") {
		t.Errorf("the CSV has %d lines for %d results, error %v:\n%.200s", lines, len(report.Results), err, text)
	}
}

// A program that ends its kernel costs its own verdict, with the kernel's last words;
// the ones before and after have theirs.
func TestVerifyCrash(t *testing.T) {
	needVMs(t)
	results := verified(t, verdict.ExitFail, compiled(t, "crash.bpf"), "--kernel", "6.1", "--attach")
	for _, program := range []string{"before", "last"} {
		if r := results[program+" 6.1"]; !r.Accepted {
			t.Errorf("%s: %+v, %+v", program, r, r.Reason)
		}
	}
	r := results["crash 6.1"]
	if r.Accepted || r.Reason == nil || r.Reason.Code != "crash" || r.Stage != "crash" || r.Log == "" {
		t.Fatalf("crash: %+v, %+v", r, r.Reason)
	}
	if !strings.Contains(r.Reason.Text, "Attempted to kill init") {
		t.Errorf("the reason is %q", r.Reason.Text)
	}
}

// What is wrong with one program is its verdict; the others have theirs.
func TestVerifyBadPrograms(t *testing.T) {
	needVMs(t)
	results := verified(t, verdict.ExitFail, compiled(t, "unknown.bpf"), "--kernel", "6.1")
	for program, want := range map[string]string{"stranger": "section", "large": "memory", "small": ""} {
		r := results[program+" 6.1"]
		if want == "" && !r.Accepted || want != "" && (r.Reason == nil || r.Reason.Code != want) {
			t.Errorf("%s: %+v, %+v, want %q", program, r, r.Reason, want)
		}
	}
	if r := verified(t, verdict.ExitOK, compiled(t, "huge.bpf"), "--kernel", "6.1")["reads 6.1"]; !r.Accepted {
		t.Errorf("an object of 100 MB: %+v, %+v", r, r.Reason)
	}
}

// What cannot be read is a row with its reason, and the programs of other objects are judged.
func TestVerifyBadObjects(t *testing.T) {
	needVMs(t)
	plain, big, csvs := compiled(t, "grows.bpf"), compiledFor(t, "bpfeb", "unknown.bpf"), t.TempDir()
	bad := map[string]string{big: "big-endian", compiled(t, "types.bpf"): "no programs", "/bin/true": "no eBPF object within", "verify_vm_test.go": "not an ELF file"}
	for object, says := range bad {
		if o := bpflab(t, "verify", object, "--kernel", "6.1"); o.code != verdict.ExitFail || !strings.Contains(o.stdout, says) || !strings.Contains(o.stdout, filepath.Base(object)) {
			t.Errorf("%s: exit code %d, %s%s", object, o.code, o.stdout, o.stderr)
		}
	}
	for _, test := range []struct {
		want int
		args []string
	}{
		{verdict.ExitOK, []string{plain, big}},
		{verdict.ExitUsage, []string{plain, big, "--strict"}},
		{verdict.ExitFail, []string{plain, big, "/bin/true"}},
		{verdict.ExitOK, []string{plain, big, "--prog", "wor*", "--csv", csvs, "--html", filepath.Join(csvs, "v.html")}},
	} {
		o := bpflab(t, append([]string{"verify", "--kernel", "6.1"}, test.args...)...)
		if o.want(t, test.want); !strings.Contains(o.stdout, "big-endian") || !strings.Contains(o.stdout, "1 accepted") {
			t.Errorf("%q:\n%s", test.args, o.stdout)
		}
	}
	for name, want := range map[string]string{"6.1.csv": "grows.bpf.o,work,success,", "v.html": "big-endian"} {
		if text, err := os.ReadFile(filepath.Join(csvs, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s, error %v:\n%s", name, err, text)
		}
	}
	for _, args := range [][]string{{"--prog", "nobody"}, {"--skip-prog", "*"}, {"--prog", "[w"}} {
		if o := bpflab(t, append([]string{"verify", plain, big}, args...)...); o.code != verdict.ExitUsage || !strings.Contains(o.stderr, "prog") {
			t.Errorf("%q: exit code %d, %s", args, o.code, o.stderr)
		}
	}
	if o := bpflab(t, "verify", plain, "--budget", "nobody:insns<=3"); o.code != verdict.ExitUsage || !strings.Contains(o.stderr, "nobody") {
		t.Errorf("a budget of an unknown program: exit code %d, %s", o.code, o.stderr)
	}
}

// Two builds of one object are compared: what grew is shown, and fails only past its
// budget.
func TestVerifyCompare(t *testing.T) {
	needVMs(t)
	before, after := compiled(t, "grows.bpf"), compiledFor(t, "bpf", "grows.bpf", "-DROUNDS=100")
	file := filepath.Join(t.TempDir(), "before.json")
	bpflab(t, "verify", before, "--kernel", "6.1", "--json", file).want(t, verdict.ExitOK)
	for _, test := range []struct {
		object, budget string
		code           int
		says           string
	}{
		{before, "insns<=200", verdict.ExitOK, "nothing"},
		{after, "insns<=2000", verdict.ExitOK, "insns"},
		{after, "insns<=200", verdict.ExitFail, "insns"},
	} {
		o := bpflab(t, "verify", test.object, "--kernel", "6.1", "--compare", file, "--budget", test.budget)
		if _, changes, _ := strings.Cut(o.stderr, "since "+file); o.code != test.code || !strings.Contains(changes, test.says) {
			t.Errorf("%s, %s: exit code %d, want %d\n%s%s", test.object, test.budget, o.code, test.code, o.stdout, o.stderr)
		}
	}
}

// Reasons name what they are about; harness/verify has the recorded rejections of older
// and newer kernels, this is that what it reads of a log and of an object is still so.
func TestVerifyReasons(t *testing.T) {
	needVMs(t)
	results := verified(t, verdict.ExitFail, compiled(t, "reasons.bpf"), compiled(t, "missing.bpf"), compiled(t, "rarer.bpf"), compiled(t, "tracked.bpf"),
		compiledFor(t, "bpf", "licence.bpf", `-DNAME="GPL-2.0"`), compiled(t, "unlinked.bpf"), "--kernel", "6.12")
	for program, want := range map[string]struct{ code, text, fix string }{
		"follows_task":           {"invalid_access", "not a pointer", "BPF_CORE_READ"},
		"unchecked_in_helper":    {"argument", "argument 2 of bpf_map_lookup_elem may be NULL", "check it"},
		"any_size":               {"invalid_access", "argument 2 of bpf_probe_read_user", "sizeof"},
		"keeps_socket":           {"reference", "bpf_sk_lookup_tcp", "bpf_sk_release()"},
		"keeps_lock":             {"lock", "bpf_spin_unlock", "every path"},
		"returns_nine":           {"return_value", "returns 9", "EPERM"},
		"helper_that_sleeps":     {"sleepable", "bpf_copy_from_user", "lsm.s/file_open"},
		"helper_of_tc":           {"helper", "bpf_skb_load_bytes", "sk_buff"},
		"second_argument_used":   {"argument", "do_exit has fewer arguments", "BPF_PROG"},
		"calls_no_weak_function": {"kfunc", "bpf_no_such_function_weak", "bpf_ksym_exists(bpf_no_such_function_weak)"},
		"calls_no_function":      {"kfunc", "bpf_no_such_function", "bpf_ksym_exists"},
		"no_field":               {"co_re", "task_struct.no_such_field", "bpf_core_field_exists()"},
		"no_enumerator":          {"co_re", "BPF_FUNC_no_such_helper", "bpf_core_enum_value_exists()"},
		"hook_is_off":            {"attach_target", "ismaclabel", "another hook"},
		"of_lsm":                 {"licence", `"GPL-2.0"`, "SPDX"},
		"calls_elsewhere":        {"unlinked", "elsewhere", "bpftool gen object"},
		"number_as_timer":        {"argument", "'struct bpf_timer' that is at 8", "&value->timer"},
		"event_is_missing":       {"co_re", "no_such_event.size", "bpf_core_field_exists()"},
		"uses_after_submit":      {"invalid_access", "after bpf_ringbuf_submit", "before"},
	} {
		r := results[program+" 6.12"]
		if r.Accepted || r.Reason == nil || r.Reason.Code != want.code || !strings.Contains(r.Reason.Text, want.text) || !strings.Contains(r.Reason.Fix, want.fix) {
			t.Errorf("%s: %+v, %+v; want %+v", program, r, r.Reason, want)
		}
	}
	for name, r := range results {
		if r.Reason != nil && r.Reason.Code == "rejected" {
			t.Errorf("%s has no code of its own: %+v", name, r.Reason)
		}
	}
}

// needLibbpf skips a test if this build has no libbpf loader, loudly.
func needLibbpf(t *testing.T) {
	t.Helper()
	if !libbpf.Built() {
		t.Skip("NO LIBBPF LOADER: `make loader` builds it, where libbpf-dev is installed")
	}
}

// loaderVerdicts returns verdict and reason of each program, kernel and loader: "pass 6.1 libbpf".
func loaderVerdicts(t *testing.T, wantCode int, args ...string) map[string]string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "v.json")
	bpflab(t, append([]string{"verify", "--json", file, "--dir", t.TempDir()}, args...)...).want(t, wantCode)
	var report verify.Report
	readJSON(t, file, &report)
	got := map[string]string{}
	for _, r := range report.Results {
		word := r.Verdict
		if r.Reason != nil {
			word += " " + r.Reason.Code
		}
		if r.Verdict == verify.Accepted && (r.Insns == 0 || r.LoaderVersion == "" || r.Type == "" || r.XlatedLen == 0) {
			t.Errorf("%s on %s with %s: %+v", r.Program, r.Kernel, r.Loader, r)
		}
		got[r.Program+" "+r.Kernel+" "+r.Loader] = word
	}
	return got
}

// Two loaders, on an old kernel and the newest: what libbpf reads and cilium/ebpf does not,
// and the other way round, is never the kernel's rejection.
func TestVerifyWithTwoLoaders(t *testing.T) {
	needVMs(t)
	needLibbpf(t)
	objects := []string{compiled(t, "prepare.bpf"), compiled(t, "loaders.bpf"), compiled(t, "externs.bpf"), compiled(t, "strong.bpf")}
	got := loaderVerdicts(t, verdict.ExitFail, append(objects, "--kernel", "5.10,latest", "--loader", "both")...)
	for program, want := range map[string]struct{ cilium, libbpf string }{
		"counts":   {"accepted", "accepted"},
		"stack":    {"accepted", "accepted"},
		"rings":    {"accepted", "accepted"},
		"both":     {"accepted", "accepted"},
		"wild":     {"rejected invalid_access", "rejected invalid_access"},
		"prefix":   {"accepted", "loader section"},
		"data":     {"loader object", "accepted"},
		"symbols":  {"loader object", "accepted"},
		"plain":    {"accepted", "accepted"},
		"needs":    {"loader object", "rejected ksym"},
		"maybe":    {"optional optional", "optional optional"},
		"bare":     {"undecided attach_target", "undecided attach_target"},
		"replaces": {"undecided attach_target", "undecided attach_target"},
	} {
		for _, kernel := range []string{"5.10", "latest"} {
			if c, l := got[program+" "+kernel+" cilium"], got[program+" "+kernel+" libbpf"]; c != want.cilium || l != want.libbpf {
				t.Errorf("%s on %s: cilium %q, libbpf %q; want %+v", program, kernel, c, l, want)
			}
		}
	}
}

// What is left out or undecided is loaded once it is asked for, and maps have the sizes that
// were asked for.
func TestVerifyPrepared(t *testing.T) {
	needVMs(t)
	needLibbpf(t)
	object := compiled(t, "prepare.bpf")
	got := loaderVerdicts(t, verdict.ExitFail, object, "--kernel", "6.12", "--loader", "libbpf", "--optional", "--attach-target", "bare=vfs_read", "--map-size", "unsized=77")
	for program, want := range map[string]string{"maybe": "rejected attach_target", "bare": "accepted", "counts": "accepted", "replaces": "undecided attach_target"} {
		if got[program+" 6.12 libbpf"] != want {
			t.Errorf("%s: %q, want %q", program, got[program+" 6.12 libbpf"], want)
		}
	}
	ofGo := compiledAs(t, "case_maps_bpfel.o", "case_maps.bpf")
	file := filepath.Join(t.TempDir(), "v.json")
	o := bpflab(t, "verify", object, ofGo, compiled(t, "loaders.bpf"), "--kernel", "6.12", "--loader", "auto", "--map-size", "unsized=77", "--json", file)
	o.want(t, verdict.ExitFail)
	for _, want := range []string{"map pinned is not pinned", "map unsized: max_entries 77, from --map-size", "map stacks: max_entries 1, sized by bpflab",
		"loader: of_odd of case_maps_bpfel.o on 6.12: loaded with libbpf and not cilium/ebpf: ", "loader: prefix of loaders.bpf.o on 6.12: loaded with cilium/ebpf and not libbpf: "} {
		if !strings.Contains(o.stdout, want) {
			t.Errorf("the table lacks %q:\n%s", want, o.stdout)
		}
	}
	var report verify.Report
	readJSON(t, file, &report)
	by := map[string]string{}
	for _, r := range report.Results {
		by[r.Program] += r.Loader + " " + r.Verdict
	}
	// An object of clang is libbpf's, one of bpf2go cilium/ebpf's, and what one of them does not load the other one does.
	for program, want := range map[string]string{"counts": "libbpf accepted", "prefix": "cilium accepted", "wild": "libbpf rejected", "of_plain": "cilium accepted", "of_odd": "libbpf accepted"} {
		if by[program] != want {
			t.Errorf("%s: %q, want %q", program, by[program], want)
		}
	}
}

func TestVerifyLoaderFlags(t *testing.T) {
	needVMs(t) // for clang
	object := compiled(t, "prepare.bpf")
	for _, test := range []struct{ flag, value, says string }{
		{"--loader", "bcc", "libbpf"},
		{"--map-size", "unsized", "MAP=N"},
		{"--map-size", "unsized=0", "MAP=N"},
		{"--map-size", "unsizd=1", "did you mean unsized?"},
		{"--attach-target", "bare", "PROGRAM=FUNCTION"},
		{"--attach-target", "bar=vfs_read", "did you mean bare?"},
	} {
		if o := bpflab(t, "verify", object, test.flag, test.value); o.code != verdict.ExitUsage || !strings.Contains(o.stderr, test.says) {
			t.Errorf("%s %s: exit code %d, %s", test.flag, test.value, o.code, o.stderr)
		}
	}
}
