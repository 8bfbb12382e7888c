package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/project"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// putFile writes a file as editors do that replace it: with a copy, and by a name of its own.
func putFile(t *testing.T, name, text string) {
	t.Helper()
	if _, err := os.Stat(name); err == nil {
		if err := os.Rename(name, name+"~"); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(filepath.Join(filepath.Dir(name), ".new"), []byte(text), 0o644),
		os.Rename(filepath.Join(filepath.Dir(name), ".new"), name)); err != nil {
		t.Fatal(err)
	}
}

func TestStamps(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, name := range []string{"a.c", "sub/b.h", ".git/index", "node_modules/x/y.js", "a.c~", "#a.c#", ".a.c.swp", "4913"} {
		putFile(t, name, "text")
	}
	before := stampsOf([]string{".", "*.c", "none.c", "[odd.c"})
	if names := stamps.since(before, nil); !slices.Equal(names, []string{"a.c", "sub/b.h"}) {
		t.Fatalf("files are %q", names)
	}
	putFile(t, "a.c", "another text")
	putFile(t, "new.c", "text")
	if err := os.Remove("sub/b.h"); err != nil {
		t.Fatal(err)
	}
	if changed := stampsOf([]string{"."}).since(before); !slices.Equal(changed, []string{"a.c", "new.c", "sub/b.h"}) {
		t.Errorf("changed are %q", changed)
	}
}

// watched returns the watch of a project in a directory of its own, which it goes to.
func watched(t *testing.T, text string) *projectWatch {
	t.Helper()
	inProject(t, text)
	p, err := project.Parse("bpflab.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	w, err := newProjectWatch(&checkRun{checkFlags: &checkFlags{reportFlags: reportFlags{json: "out.json"}}, file: "bpflab.yaml", project: p})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const builtProject = "build: {run: make}\nobjects: [{files: ['build/*.o'], presets: presets.yaml}]\n"

// What a build writes makes it run no second time, but what is saved meanwhile does.
func TestBuildWhileFilesAreSaved(t *testing.T) {
	w := watched(t, builtProject)
	putFile(t, "a.c", "text")
	putFile(t, "build/a.o", "object")
	builds := 0
	build := func(also func()) int {
		t.Helper()
		builds = 0
		err := w.build(func() error {
			builds++
			putFile(t, "build/a.o", strings.Repeat("o", builds))
			putFile(t, "a.d", strings.Repeat("d", builds))
			also()
			return errors.New("its own error")
		})
		if err == nil {
			t.Error("the build's error is lost")
		}
		return builds
	}
	if n := build(func() {}); n != 2 {
		t.Errorf("a build that writes a file which is not named ran %d times at first, want 2", n)
	}
	if n := build(func() {}); n != 1 {
		t.Errorf("then it ran %d times, want once", n)
	}
	if n := build(func() { putFile(t, "a.c", "saved in build "+strings.Repeat("x", builds)) }); n != 2 {
		t.Errorf("while a file was saved it ran %d times, want 2", n)
	}
	n := 0
	if got := build(func() { n++; putFile(t, "file"+strings.Repeat("x", n), "another each time") }); got != mostBuilds {
		t.Errorf("a build that always writes new files ran %d times, want %d", got, mostBuilds)
	}
}

// A burst of changes is one, and a file that comes and goes is none.
func TestWatchWaits(t *testing.T) {
	w := watched(t, builtProject)
	putFile(t, "a.c", "text")
	w.begin()
	go func() {
		time.Sleep(lookEvery)
		os.WriteFile("temporary", nil, 0o644)
		time.Sleep(lookEvery * 3 / 2)
		os.Remove("temporary")
		os.WriteFile("out.json", []byte("{}"), 0o644)
		time.Sleep(lookEvery)
		for i := range 5 {
			os.WriteFile("a.c", []byte(strings.Repeat("x", i)), 0o644)
			os.WriteFile("b.c", []byte(strings.Repeat("x", i)), 0o644)
			time.Sleep(lookEvery / 4)
		}
	}()
	changed := w.wait(t.Context())
	for slices.Equal(changed, []string{"temporary"}) { // where the machine is slow
		changed = w.wait(t.Context())
	}
	if !slices.Contains(changed, "a.c") || !slices.Contains(changed, "b.c") || slices.Contains(changed, "out.json") {
		t.Errorf("changed are %q", changed)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*lookEvery)
	defer cancel()
	w.begin()
	if changed := w.wait(ctx); changed != nil {
		t.Errorf("nothing was changed, and changed are %q", changed)
	}
}

func TestSparesBuild(t *testing.T) {
	w := watched(t, builtProject)
	for _, name := range []string{"a.c", "presets.yaml", "build/a.o"} {
		putFile(t, name, "text")
	}
	for _, tt := range []struct {
		changed []string
		spares  bool
	}{
		{[]string{"bpflab.yaml"}, true},
		{[]string{"bpflab.yaml", "presets.yaml"}, true},
		{[]string{"bpflab.yaml", "a.c"}, false},
		{[]string{"build/a.o"}, false},
	} {
		if got := w.sparesBuild(tt.changed); got != tt.spares {
			t.Errorf("%q: spares the build is %t", tt.changed, got)
		}
	}
	w.run.project.Build.Inputs = []string{"pre*.yaml"}
	if w.sparesBuild([]string{"presets.yaml"}) {
		t.Error("an input of the build spares it")
	}
	if files := w.look().since(nil); slices.ContainsFunc(files, func(name string) bool { return filepath.Base(name) == "a.c" }) || len(files) != 3 {
		t.Errorf("with inputs, it looks at %q", files)
	}
}

// The file that standard output goes to is no part of the project.
func TestOutputIsNoInput(t *testing.T) {
	w := watched(t, builtProject)
	log, err := os.Create("log")
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	if !slices.Contains(w.relative(w.look().since(nil)), "log") {
		t.Error("a file of another is not seen")
	}
	w.run.std.err = log
	if slices.Contains(w.relative(w.look().since(nil)), "log") {
		t.Error("the file that standard error goes to is one to look at")
	}
}

// countedCheck is a check that counts what runs.
type countedCheck struct {
	of  []row
	ran *[]string
	as  verdict.Verdict
	check
}

func (c countedCheck) rows() []row { return c.of }
func (c countedCheck) only(rows []int) check {
	own := countedCheck{ran: c.ran, as: c.as}
	for _, i := range rows {
		own.of = append(own.of, c.of[i])
	}
	return own
}

func (c countedCheck) run(_ context.Context, _ streams, env environment) (cells []verdict.Cell, err error) {
	for _, one := range c.of {
		*c.ran = append(*c.ran, one.name)
		for _, k := range env.images {
			cells = append(cells, verdict.Cell{Lab: one.name, Kernel: verdict.Kernel{Selector: k.Selector}, Verdict: c.as})
		}
	}
	return cells, nil
}

// Only that runs again of which something has changed; what a machine failed is not kept.
func TestRecord(t *testing.T) {
	kernels := []kernel.Image{{Selector: "6.1", SHA256: "a"}, {Selector: "6.12", SHA256: "b"}}
	rows := []row{{"a.o", project.Objects{Files: []string{"*.o"}}, "1"}, {"b.o", project.Objects{Files: []string{"*.o"}}, "2"}}
	r := &record{}
	run := func(of []row, kernels []kernel.Image, as verdict.Verdict) (ran []string) {
		t.Helper()
		cells, err := r.run(t.Context(), streams{}, countedCheck{of: of, ran: &ran, as: as}, environment{images: kernels})
		r.turn()
		if err != nil || len(cells) != len(of)*len(kernels) {
			t.Fatalf("%d cells, error %v", len(cells), err)
		}
		for i, c := range cells {
			name := of[i/len(kernels)].name
			if c.Lab != name || c.Kernel.Selector != kernels[i%len(kernels)].Selector || c.Earlier == slices.Contains(ran, name) {
				t.Errorf("cell %d is %+v, and these ran: %q", i, c, ran)
			}
		}
		return ran
	}
	changed := slices.Clone(rows)
	changed[1].files = "3"
	rejected := slices.Clone(changed)
	rejected[0].entry = project.Objects{Files: []string{"*.o"}, Rejected: []project.Rejection{{Reason: "helper"}}}
	unknown := slices.Clone(rejected)
	unknown[1].files = ""
	for _, tt := range []struct {
		name    string
		rows    []row
		kernels []kernel.Image
		as      verdict.Verdict
		want    []string
	}{
		{"at first", rows, kernels, verdict.Pass, []string{"a.o", "b.o"}},
		{"nothing changed", rows, kernels, verdict.Pass, nil},
		{"a file changed", changed, kernels, verdict.Fail, []string{"b.o"}},
		{"what fails is known too", changed, kernels, verdict.Pass, nil},
		{"an expectation changed", rejected, kernels, verdict.Pass, []string{"a.o"}},
		{"a file that cannot be read", unknown, kernels, verdict.Pass, []string{"b.o"}},
		{"it still cannot be read", unknown, kernels, verdict.Pass, []string{"b.o"}},
		{"another kernel", rows, kernels[:1], verdict.Infra, []string{"a.o", "b.o"}},
		{"a machine failed", rows, kernels[:1], verdict.Pass, []string{"a.o", "b.o"}},
	} {
		if ran := run(tt.rows, tt.kernels, tt.as); !slices.Equal(ran, tt.want) {
			t.Errorf("%s: these ran: %q, want %q", tt.name, ran, tt.want)
		}
	}
	if cells, _ := (*record)(nil).run(t.Context(), streams{}, countedCheck{of: rows, ran: new([]string), as: verdict.Pass}, environment{images: kernels}); len(cells) != 4 {
		t.Errorf("without a record there are %d cells", len(cells))
	}
}

// A kernel name without a kernel is an error before anything is built.
func TestCheckKnowsKernelsFirst(t *testing.T) {
	for _, tt := range []struct{ name, kernels, flag string }{
		{"of the flag", "", "local:nosuch"},
		{"of the file", "kernels: [local:nosuch]\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProject(t, tt.kernels+"build: {run: touch built}\ncommands: [{run: ['true']}]\n")
			args := []string{"check"}
			if tt.flag != "" {
				args = append(args, "--watch", "--kernel", tt.flag)
			}
			refused(t, "nosuch", args...)
			if _, err := os.Stat("built"); err == nil {
				t.Error("it was built first")
			}
		})
	}
}

// A mistake in the file is reported, and the file looked at until it is right; Ctrl-C ends it with the last
// run's status.
func TestWatchGoesOnAfterMistakes(t *testing.T) {
	inProject(t, "object: []\n")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var said lockedBuffer
	f := &checkFlags{watch: true, machineFlags: machineFlags{dir: t.TempDir()}}
	f.provider.name = "qemu"
	f.kernels = []string{"default"}
	r := checkRun{checkFlags: f, std: streams{out: &said, err: &said}, file: "bpflab.yaml", usual: f.kernels}
	done := make(chan error)
	go func() { done <- r.again(ctx) }()
	for i, step := range []struct{ text, says string }{
		{"", `unknown key "object"`},
		{"build: {run: echo built; exit 3}\ncommands: [{run: ['true']}]\n", "exit status 3"},
		{"objects: [{files: ['*.o']}]\n", "there is no file *.o"},
	} {
		if i > 0 {
			putFile(t, "bpflab.yaml", step.text)
		}
		waitUntil(t, "it says "+step.says, func() bool {
			return strings.Contains(said.String(), step.says) && strings.Count(said.String(), "waits for a change") == i+1
		})
	}
	cancel()
	if err := <-done; exitCode(err) != verdict.ExitUsage {
		t.Errorf("exit code %d, want that of the last run: %s", exitCode(err), said.String())
	}
	if strings.Count(said.String(), "changed: bpflab.yaml") != 2 {
		t.Errorf("it does not say what has changed: %s", said.String())
	}
}

// A project that is not there is none to wait for.
func TestWatchNeedsAProject(t *testing.T) {
	var out bytes.Buffer
	if code := execute([]string{"check", "--watch", filepath.Join(t.TempDir(), "bpflab.yaml")}, &out, &out); code != verdict.ExitUsage || !strings.Contains(out.String(), "bpflab init") {
		t.Errorf("exit code %d: %s", code, out.String())
	}
}
