package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/build"
	"github.com/bpflab/bpflab/harness/verdict"
)

// exampleProject copies docs/examples/project, and changes its file.
func exampleProject(t *testing.T, change ...string) string {
	t.Helper()
	clang, err := build.FindClang(t.Context(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("CLANG", clang.Path)
	dir := t.TempDir()
	if err := os.CopyFS(dir, os.DirFS("../../docs/examples/project")); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, "build")); err != nil { // if it was built there
		t.Fatal(err)
	}
	file := filepath.Join(dir, "bpflab.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(change); i += 2 {
		if strings.Count(string(text), change[i]) != 1 {
			t.Fatalf("%q is not there once", change[i])
		}
		text = []byte(strings.Replace(string(text), change[i], change[i+1], 1))
	}
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// projectCells returns the cells of the example that do not pass, as "NAME on KERNEL", and all.
func projectCells(t *testing.T, wantCode int, file string) (failed []string, cells []verdict.Cell) {
	t.Helper()
	out := filepath.Join(t.TempDir(), "check.json")
	bpflab(t, "check", file, "--kernel", "5.10,6.12", "--json", out, "--dir", t.TempDir()).want(t, wantCode)
	text, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	var result verdict.Result
	if err := json.Unmarshal(text, &result); err != nil {
		t.Fatal(err)
	}
	for _, c := range result.Cells {
		if c.Verdict != verdict.Pass {
			failed = append(failed, c.Lab+" on "+c.Kernel.Selector)
		}
	}
	return failed, result.Cells
}

// The example holds; each kind of claim, broken, fails exactly its own cells.
func TestCheck(t *testing.T) {
	needVMs(t)
	for _, tt := range []struct {
		name   string
		change []string
		failed []string
		seen   string // in the failed step
	}{
		{"as it is", nil, nil, ""},
		{"a budget", []string{"{insns: 100}", "{insns: 3}"}, []string{"opens.bpf.o on 5.10", "opens.bpf.o on 6.12"}, "insns "},
		{"a reason", []string{"reason: instruction", "reason: map_type"}, []string{"opens.bpf.o on 5.10"}, "rejected: instruction"},
		{"a rejection that is none", []string{`">=5.13 <5.17"`, `">=5.13 <6.13"`}, []string{"opens.bpf.o on 6.12"}, "accepted"},
		{"a packet", []string{"{udp: 7}", "{udp: 8}"}, []string{"no echo of UDP on 5.10", "no echo of UDP on 6.12"}, "returned XDP_PASS (2)"},
		{"a map", []string{"sum: 3", "sum: 4"}, []string{"no echo of UDP on 5.10", "no echo of UDP on 6.12"}, "3"},
		{"a command", []string{"[test, -s,", "[test, -d,"}, []string{"kernel has BTF on 5.10", "kernel has BTF on 6.12"}, "exit status 1"},
		{"a failure that is none", []string{`fails: "<5.2"`, `fails: "<6.0"`}, []string{"kernel has BTF on 5.10"}, "exit status 0"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code := verdict.ExitOK
			if tt.failed != nil {
				code = verdict.ExitFail
			}
			failed, cells := projectCells(t, code, exampleProject(t, tt.change...))
			if !slices.Equal(failed, tt.failed) || len(cells) != 10 {
				t.Errorf("%d cells, failed are %q, want 10 and %q", len(cells), failed, tt.failed)
			}
			for _, c := range cells {
				i := slices.IndexFunc(c.Steps, func(s verdict.Step) bool { return s.Verdict == verdict.Fail })
				if i >= 0 && !strings.Contains(c.Steps[i].Seen, tt.seen) {
					t.Errorf("%s: seen is %q, want %q", c.Lab, c.Steps[i].Seen, tt.seen)
				}
			}
		})
	}
}

// A save is checked again, and of what has not changed nothing runs; Ctrl-C ends it with the exit
// code of the last run, and leaves nothing behind.
func TestCheckWatches(t *testing.T) {
	needVMs(t)
	w := watchProject(t)
	if ran, result := w.next(); len(ran) != 5 || result.Exit() != verdict.ExitOK {
		t.Fatalf("at first %q ran: %s", ran, w.said.String())
	}
	for _, step := range []struct {
		name, old, text string
		ran             []string
		code            int
	}{
		{"bpf/echo.bpf.c", "XDP_DROP", "XDP_ABORTED", []string{"echo.bpf.o", "no echo of UDP"}, verdict.ExitFail},
		{"bpflab.yaml", "{insns: 100}", "{insns: 3}", []string{"echo.bpf.o", "opens.bpf.o"}, verdict.ExitFail},
		{"has-trampolines.sh", "# Succeeds", "# It succeeds", []string{"kernel has trampolines"}, verdict.ExitFail},
		{"bpf/echo.bpf.c", "XDP_ABORTED", "XDP_DROP", []string{"echo.bpf.o", "no echo of UDP"}, verdict.ExitFail},
		{"bpflab.yaml", "{insns: 3}", "{insns: 100}", []string{"echo.bpf.o", "opens.bpf.o"}, verdict.ExitOK},
		{"presets.yaml", "only_pid: 1", "only_pid: 2", []string{"opens.bpf.o"}, verdict.ExitOK},
	} {
		w.change(step.name, step.old, step.text)
		ran, result := w.next()
		if !slices.Equal(ran, step.ran) || result.Exit() != step.code || len(result.Cells) != 10 {
			t.Errorf("after a change of %s, %q ran, exit code %d, %d cells, want %q and %d", step.name, ran, result.Exit(), len(result.Cells), step.ran, step.code)
		}
	}
	if err := w.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Wait(); err != nil {
		t.Errorf("it ended with %v: %s", err, w.said.String())
	}
}

// watchedProject is the example project, which bpflab check watches.
type watchedProject struct {
	t        *testing.T
	dir, out string
	cmd      *exec.Cmd
	said     lockedBuffer
	reports  int // that were waited for
}

func watchProject(t *testing.T) *watchedProject {
	t.Helper()
	file := exampleProject(t)
	w := &watchedProject{t: t, dir: filepath.Dir(file), out: filepath.Join(t.TempDir(), "check.json")}
	w.cmd, _ = prepared(t, "check", file, "--watch", "--kernel", "5.10,6.12", "--json", w.out, "--dir", t.TempDir())
	w.cmd.Stdout, w.cmd.Stderr = &w.said, &w.said
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { w.cmd.Process.Kill() })
	return w
}

// next waits for the next report, and returns it with the names of what ran for it, sorted.
func (w *watchedProject) next() (ran []string, result verdict.Result) {
	w.t.Helper()
	w.reports++
	for until := time.Now().Add(5 * time.Minute); strings.Count(w.said.String(), "waits for a change") < w.reports; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(until) {
			w.t.Fatalf("report %d does not come: %s", w.reports, w.said.String())
		}
	}
	readJSON(w.t, w.out, &result)
	for _, c := range result.Cells {
		if !c.Earlier && !slices.Contains(ran, c.Lab) {
			ran = append(ran, c.Lab)
		}
	}
	slices.Sort(ran)
	return ran, result
}

// change saves a file with a part of it replaced.
func (w *watchedProject) change(name, old, text string) {
	w.t.Helper()
	content, err := os.ReadFile(filepath.Join(w.dir, name))
	if err != nil || !strings.Contains(string(content), old) {
		w.t.Fatalf("%s has no %q: %v", name, old, err)
	}
	putFile(w.t, filepath.Join(w.dir, name), strings.Replace(string(content), old, text, 1))
}
