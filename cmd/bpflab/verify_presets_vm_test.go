package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
)

// presetsFile writes a file with presets.
func presetsFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "presets.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

const gatedPresets = `presets:
  default: {}
  new:
    set: {func_ip: true}
    programs: gated
  long:
    set:
      cfg.rounds[1]: 50
      sum: 3
  careful:
    set: {cfg.how: HOW_CAREFUL}
    programs: [care*]
`

// A constant selects what each kernel sees, whichever loader brings it there: a helper that 5.10
// has not, a loop's rounds, a wild access.
func TestVerifyPresets(t *testing.T) {
	needVMs(t)
	file := filepath.Join(t.TempDir(), "v.json")
	args := []string{"verify", compiled(t, "presets.bpf"), "--presets", presetsFile(t, gatedPresets), "--kernel", "5.10,6.12", "--json", file, "--dir", t.TempDir()}
	if libbpf.Built() {
		args = append(args, "--loader", "both")
	}
	ran := bpflab(t, args...)
	ran.want(t, verdict.ExitFail)
	var report verify.Report
	readJSON(t, file, &report)
	words, insns := map[string]string{}, map[string]int{}
	for _, r := range report.Results {
		key := strings.Join([]string{r.Program, r.Preset, r.Kernel, r.Loader}, " ")
		if words[key], insns[key] = r.Verdict, r.Insns; r.Reason != nil {
			words[key] += " " + r.Reason.Code
		}
	}
	loaders := []string{verify.Cilium}
	if libbpf.Built() {
		loaders = append(loaders, verify.Libbpf)
	}
	for _, loader := range loaders {
		for key, want := range map[string]string{
			"gated default 5.10": "accepted", "gated new 5.10": "rejected helper", "gated long 5.10": "accepted", "careless careful 5.10": "rejected invalid_access", "plain default 5.10": "accepted",
			"gated default 6.12": "accepted", "gated new 6.12": "accepted", "gated long 6.12": "accepted", "careless careful 6.12": "rejected invalid_access", "careless long 6.12": "accepted",
			"plain new 6.12": "", "gated careful 6.12": "",
		} {
			if got := words[key+" "+loader]; got != want {
				t.Errorf("%s with %s: %q, want %q", key, loader, got, want)
			}
		}
		for _, kernel := range []string{"5.10", "6.12"} {
			short, long := insns["gated default "+kernel+" "+loader], insns["gated long "+kernel+" "+loader]
			if short == 0 || long < short+49*3 {
				t.Errorf("on %s with %s, one round takes %d instructions and 50 take %d", kernel, loader, short, long)
			}
		}
	}
	if len(report.Presets) != 4 || strings.Join(report.Presets[2].Set, " ") != "cfg.rounds[1]=50 sum=3" {
		t.Errorf("presets %+v", report.Presets)
	}
	for _, want := range []string{"preset long: cfg.rounds[1]=50, sum=3", "fails first: gated of presets.bpf.o with preset new on 5.10: rejected", "prepared: presets.bpf.o: sum is in .bss"} {
		if !strings.Contains(ran.stdout, want) {
			t.Errorf("no %q in\n%s", want, ran.stdout)
		}
	}
}

// What no preset reaches on any kernel is listed, and is reached with one more.
func TestCoverageOfPresets(t *testing.T) {
	needVMs(t)
	object := compiled(t, "presets.bpf")
	covered := func(presets string) (map[string]verify.Coverage, string) {
		t.Helper()
		file := filepath.Join(t.TempDir(), "v.json")
		o := bpflab(t, "verify", object, "--presets", presetsFile(t, presets), "--profile", "--loader", "cilium", "--kernel", "5.10,6.12", "--json", file)
		var report verify.Report
		readJSON(t, file, &report)
		out := map[string]verify.Coverage{}
		for _, c := range report.Coverage {
			out[c.Program] = c
		}
		return out, o.stdout
	}
	const fewer = "presets:\n  default: {}\n  long: {set: {\"cfg.rounds[1]\": 50}}\n"
	some, table := covered(fewer)
	c := some["gated"]
	if strings.Join(c.Presets, " ") != "default long" || len(c.Without) > 0 || c.Reached >= c.Insns || len(c.Lines) == 0 || !strings.Contains(c.Lines[0].Text, "bpf_get_func_ip") {
		t.Errorf("%+v", c)
	}
	if plain := some["plain"]; plain.Insns == 0 || plain.Reached != plain.Insns {
		t.Errorf("%+v", plain)
	}
	if !strings.Contains(table, "over all presets and kernels:") || !strings.Contains(table, "bpf_get_func_ip") {
		t.Errorf("the table:\n%s", table)
	}
	all, _ := covered(fewer + "  new: {set: {func_ip: true}, programs: gated}\n  careful: {set: {cfg.how: HOW_CAREFUL}, programs: care*}\n")
	if c := all["gated"]; c.Reached != c.Insns || !strings.Contains(strings.Join(c.Presets, " "), "new") || len(c.Without) > 0 {
		t.Errorf("with one that reaches it on 6.12: %+v", c)
	}
	if c := all["careless"]; len(c.Without) != 1 || !strings.HasPrefix(c.Without[0], "careful: rejected on ") || c.Reached >= c.Insns {
		t.Errorf("what a rejected program had verified is counted: %+v", c)
	}
}

// Kernels without global data say so of each preset, and --compare and budgets go by presets.
func TestVerifyPresetsBefore52AndCompared(t *testing.T) {
	needVMs(t)
	old := kernelBefore52(t)
	object, presets, file := compiled(t, "presets.bpf"), presetsFile(t, gatedPresets), filepath.Join(t.TempDir(), "v.json")
	o := bpflab(t, "verify", object, "--prog", "gated", "--presets", presets, "--kernel", old+",6.12", "--json", file, "--budget", "insns<=100")
	o.want(t, verdict.ExitFail)
	if !strings.Contains(o.stdout, "over budget: gated with preset long on 6.12") || strings.Contains(o.stdout, "over budget: gated with preset default") {
		t.Errorf("budgets:\n%s", o.stdout)
	}
	var report verify.Report
	readJSON(t, file, &report)
	for _, r := range report.Results {
		if r.Kernel == old && (r.Accepted || r.Reason == nil || r.Reason.Code != "global_data") {
			t.Errorf("%s with %s on %s: %+v", r.Program, r.Preset, old, r.Reason)
		}
	}
	longer := presetsFile(t, strings.Replace(gatedPresets, ": 50", ": 60", 1))
	o = bpflab(t, "verify", object, "--prog", "gated", "--presets", longer, "--kernel", old+",6.12", "--compare", file, "--budget", "insns<=100")
	if _, changes, _ := strings.Cut(o.stderr, "since "+file); o.code != verdict.ExitOK || !strings.Contains(changes, "long") || strings.Contains(changes, "default") {
		t.Errorf("exit code %d\n%s", o.code, o.stderr)
	}
}

// What does not fit is a mistake of the user's, with its place, and no machine is started.
func TestVerifyBadPresets(t *testing.T) {
	needVMs(t) // for clang
	object := compiled(t, "presets.bpf")
	for _, test := range []struct{ flag, value, says string }{
		{"--set-global", "fnc_ip=1", "there is no global variable fnc_ip; did you mean func_ip?"},
		{"--set-global", "cfg.rounds[1]=65536", "cfg.rounds[1] is a __u16, which takes 0 to 65535, and not 65536"},
		{"--set-global", "cfg.rounds[2]=1", "cfg.rounds has 2 elements"},
		{"--presets", presetsFile(t, "presets:\n  a:\n    set:\n      func_ip: 2\n"), "presets.yaml:4:16: preset a: func_ip is a _Bool, which takes true or false, and not 2"},
		{"--presets", presetsFile(t, "presets:\n  a:\n    sets: {}\n"), "presets.yaml:3:5: "},
		{"--presets", "/nonexistent.yaml", "no such file"},
	} {
		dir := filepath.Join(t.TempDir(), "results")
		if o := bpflab(t, "verify", object, test.flag, test.value, "--kernel", "6.12", "--dir", dir); o.code != verdict.ExitUsage || !strings.Contains(o.stderr, test.says) {
			t.Errorf("%s %s: exit code %d, %s", test.flag, test.value, o.code, o.stderr)
		}
		if _, err := os.Stat(dir); err == nil {
			t.Errorf("%s %s: machines were asked for", test.flag, test.value)
		}
	}
}
