package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// system is what a bare system may have left.
type system struct {
	host
	dir     string
	steps   map[string]int // status by name
	files   map[string]string
	results map[string]verdict.Result
}

// startsOf returns what bench writes of kernels with these times.
func startsOf(boot, fork string) string {
	return fmt.Sprintf(`[{"title": "Kernels"}, {"title": "Fork", "tables": [{"head": ["kernel", "cold boot", "fork"], "rows": [["6.1", %q, %q], ["6.12", %q, %q]]}]}]`, boot, fork, boot, fork)
}

// good returns one that has done all well.
func good(suite string) system {
	cells := func(kind string, start float64) verdict.Result {
		return verdict.Result{Schema: verdict.Schema, Seconds: start * 10, Cells: []verdict.Cell{
			{Lab: "hello", Kernel: verdict.Kernel{Selector: "6.1"}, Verdict: verdict.Pass, StartKind: kind, Durations: verdict.Durations{Start: start}},
			{Lab: "co-re", Kernel: verdict.Kernel{Selector: oldKernel}, Verdict: verdict.Unsupported, StartKind: kind, Durations: verdict.Durations{Start: start}},
		}}
	}
	return system{
		host:  host{suite, "15"},
		steps: map[string]int{"lab-hello": 0, "import": 0, "labs": 0, "clang-15": 0, "tests": 0},
		files: map[string]string{
			"system": "Debian " + suite, "qemu": "QEMU emulator version 7.2.22 (Debian)", "clang": "clang version 14.0.6",
			"starts.json": startsOf("1.50 s", "0.050 s"),
		},
		results: map[string]verdict.Result{
			"labs": cells("fork", 0.05), "clang-15": cells("fork", 0.05),
			"hello-warm-1": cells("fork", 0.05), "hello-cold-1": cells("boot", 1.5),
		},
	}
}

func (s system) judged(t *testing.T) *findings {
	t.Helper()
	s.dir = t.TempDir()
	for name, status := range s.steps {
		s.files["steps"] += fmt.Sprintf("%s %d 2.0\n", name, status)
	}
	for name, text := range s.files {
		s.write(t, name, text)
	}
	for name, result := range s.results {
		text, err := json.Marshal(result)
		if err != nil {
			t.Fatal(err)
		}
		s.write(t, name+".json", string(text))
	}
	f, err := s.host.judge(s.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func (s system) write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replace changes a cell of a result, which systems do not share.
func (s system) replace(result string, cell int, change func(*verdict.Cell)) {
	r := s.results[result]
	r.Cells = slices.Clone(r.Cells)
	change(&r.Cells[cell])
	s.results[result] = r
}

func TestConclude(t *testing.T) {
	for _, tt := range []struct {
		name, problem string
		change        func(system)
	}{
		{"all well", "", func(system) {}},
		{"a command fails", "sid: tests: exit status 1: FAIL", func(s system) { s.steps["tests"], s.files["tests.out"] = 1, "x\nFAIL" }},
		{"it ends early", "ended before", func(s system) { delete(s.steps, "tests") }},
		{"a warning on stderr", "qemu: warning: old option", func(s system) { s.files["labs.err"] = "a\nqemu: warning: old option\n" }},
		{"a warning in a cell", "booted, not forked", func(s system) {
			s.replace("labs", 0, func(c *verdict.Cell) { c.Warnings = []string{"booted, not forked"} })
		}},
		{"a boot", "hello on 6.1: a boot, not a fork", func(s system) {
			s.replace("labs", 0, func(c *verdict.Cell) { c.StartKind = "boot" })
		}},
		{"another verdict", `sid: labs: hello on 6.1 is "fail", elsewhere "pass"`, func(s system) {
			s.replace("labs", 0, func(c *verdict.Cell) { c.Verdict = verdict.Fail })
			s.replace("clang-15", 0, func(c *verdict.Cell) { c.Verdict = verdict.Fail })
		}},
		{"a clang with another verdict", `clang-15: hello on 6.1 is "fail"`, func(s system) {
			s.replace("clang-15", 0, func(c *verdict.Cell) { c.Verdict = verdict.Fail })
		}},
		{"a clang that is not there", "clang-15", func(s system) { delete(s.results, "clang-15") }},
		{"slow forks", "want 1/20", func(s system) { s.files["starts.json"] = startsOf("1.50 s", "0.080 s") }},
		{"starts without times", "soon", func(s system) { s.files["starts.json"] = startsOf("1.50 s", "soon") }},
		{"starts of another table", "no table of forks", func(s system) { s.files["starts.json"] = `[{"title": "Cold boot"}]` }},
		{"no starts", "starts.json", func(s system) { delete(s.files, "starts.json") }},
		{"slow warm runs", "want 1/3", func(s system) {
			r := s.results["hello-warm-1"]
			r.Seconds = 14
			s.results["hello-warm-1"] = r
		}},
		{"no figures", "no run of hello was measured", func(s system) { delete(s.results, "hello-cold-1") }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := good("sid")
			tt.change(s)
			got := strings.Join(conclude([]*findings{good("bookworm").judged(t), s.judged(t)}), "\n")
			if !strings.Contains(got, tt.problem) || (tt.problem == "") != (got == "") {
				t.Errorf("problems %q, want %q", got, tt.problem)
			}
		})
	}
}

// A system without the imported kernel lacks those verdicts, and no others.
func TestSystemWithoutOldKernel(t *testing.T) {
	s := good("sid")
	delete(s.steps, "import")
	for _, name := range []string{"labs", "clang-15"} {
		r := s.results[name]
		r.Cells = r.Cells[:1]
		s.results[name] = r
	}
	if got := conclude([]*findings{good("bookworm").judged(t), s.judged(t)}); len(got) > 0 {
		t.Errorf("problems %q", got)
	}
}

func TestPage(t *testing.T) {
	lost, err := host{"noble", ""}.judge(t.TempDir(), "no mirror")
	if err != nil {
		t.Fatal(err)
	}
	all := []*findings{lost, good("bookworm").judged(t)}
	if got := conclude(all); len(got) > 0 {
		t.Errorf("problems %q", got)
	}
	var w strings.Builder
	writePage(&w, all)
	for _, want := range []string{
		"| noble |  |  |  |  |  | skipped: no mirror |",
		"| Debian bookworm | 7.2.22 | 14.0.6, 15 | 2 s | 2 | 2 | as they should be |",
		"| Debian bookworm | 7.2.22 | 1.50 s | 0.050 s | 1/30.0 | yes | 15.0 s | 0.5 s | 1/30.0 | yes |",
		"imported Linux 4.19",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("no %q in\n%s", want, w.String())
		}
	}
	if got := conclude([]*findings{lost}); len(got) != 1 {
		t.Errorf("problems %q where no system could be made", got)
	}
}

func TestChoose(t *testing.T) {
	if all, err := choose(nil); err != nil || len(all) != len(hosts) {
		t.Errorf("%v, error %v", all, err)
	}
	if one, err := choose([]string{"sid"}); err != nil || len(one) != 1 || one[0].suite != "sid" {
		t.Errorf("%v, error %v", one, err)
	}
	if _, err := choose([]string{"hurd"}); err == nil || !strings.Contains(err.Error(), "bookworm") {
		t.Errorf("error %v, want one that names the systems", err)
	}
}
