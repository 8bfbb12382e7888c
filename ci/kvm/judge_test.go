package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/ci/steps"
	"github.com/bpflab/bpflab/harness/verdict"
)

// machine is what a machine may have written, step by step.
type machine struct {
	t   *testing.T
	dir string
}

func (m machine) write(name, text string) {
	m.t.Helper()
	if err := os.WriteFile(filepath.Join(m.dir, name), []byte(text), 0o600); err != nil {
		m.t.Fatal(err)
	}
}

func (m machine) ran(status int, stdout string, names ...string) {
	m.t.Helper()
	lines, _ := os.ReadFile(filepath.Join(m.dir, "steps"))
	for _, name := range names {
		lines = fmt.Appendf(lines, "%s %d 1.50\n", name, status)
		m.write(name+".out", stdout)
	}
	m.write("steps", string(lines))
}

func (m machine) cell(v verdict.Verdict, reason, kind, accelerator string, start float64, names ...string) {
	m.t.Helper()
	cell := verdict.Cell{Verdict: v, Reason: reason, StartKind: kind, Hypervisor: &verdict.Hypervisor{Accelerator: accelerator}, Durations: verdict.Durations{Start: start}}
	text, err := json.Marshal(verdict.Result{Schema: verdict.Schema, Cells: []verdict.Cell{cell}})
	if err != nil {
		m.t.Fatal(err)
	}
	for _, name := range names {
		m.write(name+".json", string(text))
	}
}

// good has done all that a long run on one kernel must do.
func good(t *testing.T) machine {
	m := machine{t, t.TempDir()}
	m.ran(0, "note kvm  no /dev/kvm; machines are emulated", "doctor-none")
	m.ran(0, "note kvm  no rights to open /dev/kvm\n -> join the group kvm", "doctor-rights")
	m.ran(0, "note kvm  a guest in KVM did not come to its end in 9.0 s; an emulated one needed 3.0 s", "doctor-silent")
	m.ran(0, "ok   kvm  a guest ran", "doctor-kvm")
	m.ran(0, "", "modprobe", "hello-template-6.1", "hello-fork-6.1", "hello-cold-6.1", "tcg-cold-6.1", "tcg-template-6.1", "tcg-fork-6.1")
	m.ran(1, "", "panic-6.1")
	m.ran(1, "the machine hangs", "hang-6.1")
	m.ran(0, "--- PASS: TestEndsOfRealMachines", "tests-6.1", "ends-6.1")
	m.ran(0, "hello 6.1 accepted", "verify")
	m.cell(verdict.Pass, "", "fork", "kvm", 0.5, "hello-template-6.1", "hello-fork-6.1")
	m.cell(verdict.Pass, "", "boot", "kvm", 20, "hello-cold-6.1")
	m.cell(verdict.Fail, "the kernel panicked: panic", "fork", "kvm", 0.5, "panic-6.1")
	m.cell(verdict.Pass, "", "boot", "tcg", 90, "tcg-cold-6.1")
	m.cell(verdict.Pass, "", "fork", "tcg", 2, "tcg-template-6.1", "tcg-fork-6.1")
	return m
}

func TestJudge(t *testing.T) {
	for _, tt := range []struct {
		name, problem string
		change        func(machine)
	}{
		{"all well", "", func(machine) {}},
		{"a verdict", "hello-fork-6.1: infra, silent", func(m machine) { m.cell(verdict.Infra, "silent", "fork", "kvm", 1, "hello-fork-6.1") }},
		{"no fork", "a boot, want a fork", func(m machine) { m.cell(verdict.Pass, "", "boot", "kvm", 1, "hello-fork-6.1") }},
		{"no KVM", "tcg", func(m machine) { m.cell(verdict.Pass, "", "fork", "tcg", 1, "hello-fork-6.1") }},
		{"no panic", "want a panic", func(m machine) { m.cell(verdict.Pass, "", "fork", "kvm", 1, "panic-6.1") }},
		{"a test skipped", "not every test ran", func(m machine) { m.write("tests-6.1.out", "--- PASS: A\n--- SKIP: B") }},
		{"a test fails to run", "ends-6.1: not every test ran", func(m machine) { m.write("ends-6.1.out", "") }},
		{"doctor's words", "doctor-rights: it does not say", func(m machine) { m.write("doctor-rights.out", "ok kvm") }},
		{"KVM is slower than TCG", "ratio 1.50", func(m machine) { m.cell(verdict.Pass, "", "fork", "kvm", 3, "hello-fork-6.1") }},
		{"the machine died", "verify: it never ran", func(m machine) {
			lines, _ := os.ReadFile(filepath.Join(m.dir, "steps"))
			m.write("steps", strings.Replace(string(lines), "verify 0 1.50\n", "", 1))
		}},
		{"a status", "hang-6.1: exit status 0, want 1", func(m machine) {
			lines, _ := os.ReadFile(filepath.Join(m.dir, "steps"))
			m.write("steps", strings.Replace(string(lines), "hang-6.1 1", "hang-6.1 0", 1))
		}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := good(t)
			tt.change(m)
			done, err := steps.Read(m.dir)
			if err != nil {
				t.Fatal(err)
			}
			got := strings.Join(judge(done, options{kernels: []string{"6.1"}}).problems, "\n")
			if !strings.Contains(got, tt.problem) || (tt.problem == "") != (got == "") {
				t.Errorf("problems %q, want %q", got, tt.problem)
			}
		})
	}
}

func TestShortSaysWhatItSkips(t *testing.T) {
	done, err := steps.Read(good(t).dir)
	if err != nil {
		t.Fatal(err)
	}
	r := judge(done, options{kernels: []string{"6.1"}, short: true})
	if len(r.problems) > 0 || len(r.skipped) == 0 {
		t.Errorf("problems %q, skipped %q", r.problems, r.skipped)
	}
	var w strings.Builder
	if r.write(&w); !strings.Contains(w.String(), "no rights to open /dev/kvm\n -> join") || !strings.Contains(w.String(), "SKIPPED: panic") {
		t.Errorf("not what doctor said, or not what was skipped, in\n%s", w.String())
	}
}

// The script in the machine runs each step that is expected.
func TestExpectationsAreThoseOfTheScript(t *testing.T) {
	script, err := os.ReadFile("guest.sh")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range expectations(options{kernels: []string{"6.1"}}) {
		name := strings.TrimSuffix(e.step, "6.1")
		if !strings.Contains(string(script), name) {
			t.Errorf("guest.sh has no step %s", e.step)
		}
	}
}
