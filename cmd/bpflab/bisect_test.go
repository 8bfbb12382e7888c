package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/bisect"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/harness/verify"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// archive is a mirror of Debian's with fake kernels 6.1.1-1, 6.1.2-1 and so on.
type archive struct {
	mirror *kerneltest.Repository
	key    kerneltest.Key
	url    string
}

func newArchive(t *testing.T) archive {
	t.Helper()
	a := archive{kerneltest.NewRepository(), kerneltest.NewKey(time.Now().Add(-time.Hour), 0), ""}
	server := httptest.NewServer(a.mirror)
	t.Cleanup(server.Close)
	a.url = server.URL
	return a
}

// publish replaces what the archive has by the kernels of these numbers.
func (a archive) publish(age time.Duration, numbers ...int) {
	at := time.Now().Add(-age)
	suite := kerneltest.Suite{Path: "bookworm", Codename: "bookworm", Date: at}
	changes := ""
	for _, i := range numbers {
		changes = fmt.Sprintf("linux (6.1.%d-1) bookworm; urgency=high\n\n  * bpf: change number %d\n  * ext4: another\n\n", i, i) + changes
		release := fmt.Sprintf("6.1.0-%d-cloud-amd64", i)
		name, version := "linux-image-"+release, fmt.Sprintf("6.1.%d-1", i)
		entries := append(kerneltest.KernelEntries(release), kerneltest.Entry{Name: "./usr/share/doc/" + name + "/changelog", Body: []byte(changes)})
		suite.Packages = append(suite.Packages, kerneltest.Package{Name: name, Version: version, Body: kerneltest.Deb(name, version, entries)})
	}
	a.mirror.Add(suite, a.key)
	a.mirror.Add(kerneltest.Suite{Root: "security", Path: "bookworm-security", Codename: "bookworm-security", Date: at}, a.key)
}

// catalogue opens the archive's kernels.
func (a archive) catalogue(t *testing.T, cache string, lock []byte) *catalogue.Catalogue {
	t.Helper()
	return debianAt(t, cache, lock, a.url, a.url+"/security", a.key.Public())
}

// debianAt opens the kernels of an archive of Debian's that a key has signed.
func debianAt(t *testing.T, cache string, lock []byte, main, security string, key []byte) *catalogue.Catalogue {
	t.Helper()
	kept, err := store.Open(store.Options{Root: cache})
	if err != nil {
		t.Fatal(err)
	}
	source, err := debian.New(debian.Options{Mirrors: debian.Mirrors{Main: main, Security: security, Archive: main}, Keys: debian.Keys{Current: key}, Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalogue.Open(catalogue.Options{Cache: cache, Lock: lock, Sources: []kernel.Source{source}})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// fakeSubject judges kernels by a letter each: g, b, or s for one that it cannot judge.
type fakeSubject struct{ letters string }

func (fakeSubject) String() string { return "a fake" }

func (s fakeSubject) on(_ context.Context, _ *bench, e environment) (all []judgement, err error) {
	for _, image := range e.images {
		switch s.letters[image.Version.Patch-1] {
		case 'g':
			all = append(all, judgement{bisect.Good, "pass", ""})
		case 'b':
			all = append(all, judgement{bisect.Bad, "fail", "it saw nothing\nat all"})
		case 's':
			all = append(all, judgement{bisect.Skip, "unsupported", "CONFIG_X"})
		default:
			return nil, errors.New("the fake broke")
		}
	}
	return all, nil
}

// benchFor makes a bench on which a fake judges fake kernels.
func benchFor(t *testing.T, f *trialFlags, letters string, out *bytes.Buffer) *bench {
	t.Helper()
	f.json = filepath.Join(t.TempDir(), "report.json")
	a := newArchive(t)
	var numbers []int
	for i := range letters {
		numbers = append(numbers, i+1)
	}
	a.publish(time.Minute, numbers...)
	return &bench{flags: f, std: streams{out: out, err: out}, out: out, subject: fakeSubject{letters}, provider: &vmstest.Fake{}, dir: t.TempDir(),
		cat: a.catalogue(t, t.TempDir(), nil), began: time.Now()}
}

func readReport(t *testing.T, name string, into any) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(text, into)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestBisect(t *testing.T) {
	for name, tt := range map[string]struct {
		letters, good, bad string
		code               int
		last, first        string
		steps              int
		says               []string
	}{
		"broke": {"ggggbb", "6.1.1", "6.1.6-1", verdict.ExitOK, "6.1.4-1", "6.1.5-1", 3,
			[]string{"6 packages from debian 6.1.1-1 to debian 6.1.6-1: both ends, then at most 3 steps", "fail: it saw nothing)", "first bad   linux-image-6.1.0-5-cloud-amd64 6.1.5-1, sha256", "in 3 steps", "linux (6.1.5-1)", "bpf: change number 5"}},
		"fixed":       {"bbgg", "6.1.4-1", "6.1.0-1-cloud-amd64", verdict.ExitOK, "6.1.2-1", "6.1.3-1", 2, []string{"last bad", "first good  linux-image-6.1.0-3-cloud-amd64"}},
		"adjacent":    {"gb", "6.1.1", "6.1.2", verdict.ExitOK, "6.1.1-1", "6.1.2-1", 0, []string{"in 0 steps"}},
		"skipped":     {"gsb", "6.1.1", "6.1.3", verdict.ExitInfra, "6.1.1-1", "6.1.3-1", 1, []string{"it may as well be linux-image-6.1.0-2-cloud-amd64 6.1.2-1", "unsupported: CONFIG_X"}},
		"a wrong end": {"bbb", "6.1.1", "6.1.3", verdict.ExitFail, "", "", 0, []string{"the good end is bad: linux-image-6.1.0-1-cloud-amd64 6.1.1-1, fail: it saw nothing"}},
		"no end":      {"ggs", "6.1.1", "6.1.3", verdict.ExitInfra, "", "", 0, []string{"the bad end cannot be judged: linux-image-6.1.0-3-cloud-amd64 6.1.3-1"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			f := bisectFlags{good: tt.good, bad: tt.bad}
			b := benchFor(t, &f.trialFlags, tt.letters, &out)
			if code := exitCode(f.search(t.Context(), b)); code != tt.code {
				t.Errorf("exit code %d, want %d", code, tt.code)
			}
			for _, want := range tt.says {
				if !strings.Contains(out.String(), want) {
					t.Errorf("it does not say %q:\n%s", want, out.String())
				}
			}
			var r bisectReport
			readReport(t, f.json, &r)
			last, first := r.LastGood, r.FirstBad
			if r.Change == "fixed" {
				last, first = r.LastBad, r.FirstFix
			}
			if tt.last != "" && (last == nil || first == nil || last.Version != tt.last || first.Version != tt.first) {
				t.Errorf("got %+v and %+v, want %s and %s", last, first, tt.last, tt.first)
			}
			if r.Steps != tt.steps || len(r.Trials) != tt.steps+2 || r.Found != (tt.code == verdict.ExitOK) || (r.Problem == "") != (tt.last != "") {
				t.Errorf("got %+v, want %d steps", r, tt.steps)
			}
		})
	}
}

// What is added between two packages that are not neighbours is all that the changelog has.
func TestBisectChangelog(t *testing.T) {
	var out bytes.Buffer
	f := bisectFlags{good: "6.1.1", bad: "6.1.4"}
	b := benchFor(t, &f.trialFlags, "gssb", &out)
	_ = f.search(t.Context(), b) // its code is tested above
	for _, want := range []string{"bpf: change number 2", "bpf: change number 4"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it does not say %q", want)
		}
	}
	if strings.Contains(out.String(), "number 1\n") || strings.Contains(out.String(), "ext4") {
		t.Error(out.String())
	}
}

func TestBisectErrors(t *testing.T) {
	var out bytes.Buffer
	f := bisectFlags{good: "6.1.1", bad: "6.1.2"}
	if err := f.search(t.Context(), benchFor(t, &f.trialFlags, "xx", &out)); exitCode(err) != verdict.ExitInfra || !strings.Contains(err.Error(), "the fake broke") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	b := benchFor(t, &f.trialFlags, "gb", &out)
	cancel()
	if err := f.search(ctx, b); exitCode(err) != verdict.ExitInfra {
		t.Errorf("cancelled: %v", err)
	}
	for args, want := range map[string]string{
		"bisect hello":                                         "--good and --bad",
		"bisect --good 6.1 --bad 6.1.1":                        "name a lab",
		"bisect --good 6.1 --bad 6.1 hello":                    "same package",
		"bisect --good 6.1 --bad 6.1 helo":                     `did you mean "hello"`,
		"bisect --good 6.1 --bad 5.10+jit=off hello":           "booted in another way",
		"bisect --good default --bad 6.1 hello":                "and an end is one",
		"bisect --good 6.1 --bad 5.10 nosuch.o":                "nosuch.o",
		"bisect --good 6.1 --bad 5.10 --cpus 0 hello":          "--cpus 0",
		"bisect --good 6.1 --bad 5.10 --provider host -- true": "has its own kernels",
		"kernels sweep 6.1":                                    "name a lab",
		"kernels sweep default hello":                          "is no series",
		"kernels sweep 6.1 hello --newest -1":                  "--newest",
	} {
		var out, errs bytes.Buffer
		if code := execute(strings.Fields(args), &out, &errs); code != verdict.ExitUsage || !strings.Contains(errs.String(), want) {
			t.Errorf("%s: exit %d: %s", args, code, errs.String())
		}
	}
}

func TestSweep(t *testing.T) {
	for letters, want := range map[string]int{"gg": verdict.ExitOK, "gsbg": verdict.ExitFail, "gsg": verdict.ExitInfra} {
		var out bytes.Buffer
		var f sweepFlags
		b := benchFor(t, &f.trialFlags, letters, &out)
		if code := exitCode(f.sweep(t.Context(), b, "6.1")); code != want {
			t.Errorf("%s: exit code %d, want %d\n%s", letters, code, want, out.String())
		}
		var r sweepReport
		readReport(t, f.json, &r)
		if len(r.Kernels) != len(letters) || r.Kernels[0].Version != fmt.Sprintf("6.1.%d-1", len(letters)) || r.Kernels[len(letters)-1].Version != "6.1.1-1" || r.Selector != "6.1" {
			t.Errorf("%s: got %+v", letters, r)
		}
	}
	var out bytes.Buffer
	f := sweepFlags{newest: 1}
	_ = f.sweep(t.Context(), benchFor(t, &f.trialFlags, "bg", &out), "6.1") // all good
	if !strings.Contains(out.String(), "1 packages of 6.1") || !strings.Contains(out.String(), "1 good, 0 bad, 0 skipped") {
		t.Error(out.String())
	}
}

// A package that has left its mirror is skipped; no other one takes its place.
func TestTrialOfWhatIsGone(t *testing.T) {
	var out bytes.Buffer
	var f sweepFlags
	b := benchFor(t, &f.trialFlags, "gg", &out)
	refs, _, err := b.cat.Every(t.Context(), "6.1")
	if err != nil {
		t.Fatal(err)
	}
	refs[1].Files[0].Path, refs[1].Files[0].SHA256 = "pool/gone.deb", strings.Repeat("a", 64)
	got, err := b.try(t.Context(), refs)
	if err != nil || got[0].Outcome != bisect.Good || got[1].Outcome != bisect.Skip || !strings.Contains(got[1].Reason, kernel.ErrGone.Error()) {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestJudgements(t *testing.T) {
	cells := func(all ...verdict.Verdict) (out []verdict.Cell) {
		for _, v := range all {
			out = append(out, verdict.Cell{Lab: string(v), Verdict: v, Reason: "why"})
		}
		return out
	}
	for want, all := range map[judgement][]verdict.Cell{
		{bisect.Good, "pass", ""}:                        cells(verdict.Pass, verdict.Pass),
		{bisect.Bad, "fail", "fail: why"}:                cells(verdict.Pass, verdict.Infra, verdict.Fail),
		{bisect.Bad, "timeout", "why"}:                   cells(verdict.Timeout),
		{bisect.Skip, "infra", "infra: why"}:             cells(verdict.Infra, verdict.Pass),
		{bisect.Skip, "unsupported", "unsupported: why"}: cells(verdict.Pass, verdict.Unsupported),
	} {
		if got := judgeCells(all); got != want {
			t.Errorf("%v: got %+v, want %+v", all, got, want)
		}
	}
	programs := func(all ...string) (out []verify.Result) {
		for _, v := range all {
			out = append(out, verify.Result{Kernel: "6.1.1-1", Program: "p", Verdict: v, Reason: &verify.Reason{Text: "why"}}, verify.Result{Kernel: "other", Verdict: verify.Rejected})
		}
		return out
	}
	for want, all := range map[bisect.Outcome][][]verify.Result{
		bisect.Good: {programs(verify.Accepted, verify.Optional)},
		bisect.Bad:  {programs(verify.Accepted, verify.Rejected), programs(verify.ByLoader), programs(verify.Infra, verify.Rejected)},
		bisect.Skip: {programs(verify.Infra, verify.Accepted), programs(verify.Unsupported), programs(verify.Undecided), programs(verify.Optional), nil},
	} {
		for _, results := range all {
			if got := judgePrograms(results, "6.1.1-1"); got.outcome != want {
				t.Errorf("%+v: got %+v, want %s", results, got, want)
			}
		}
	}
	fail := cells(verdict.Fail)[0]
	for status, want := range map[int]bisect.Outcome{1: bisect.Bad, skipStatus: bisect.Skip, 127: bisect.Bad} {
		if got := judgeCommand(fail, command.Outcome{Exit: status}); got.outcome != want {
			t.Errorf("exit status %d: got %+v", status, got)
		}
	}
	if got := judgeCommand(fail, command.Outcome{Exit: skipStatus, TimedOut: true}); got.outcome != bisect.Bad {
		t.Errorf("timed out: got %+v", got)
	}
}

// An argument is a lab or an object; a command only after --.
func TestSubjects(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "test.sh")
	if err := os.WriteFile(script, []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	var f trialFlags
	for _, tt := range []struct {
		args   string
		dashed bool
		want   string
	}{
		{"hello xdp-drop", false, "*main.labSubject hello xdp-drop"},
		{"hello", true, "*main.labSubject hello"},
		{"doctor/tiny.bpf.o", false, "error"},
		{script, true, "*main.commandSubject " + script},
		{script, false, "error"},
		{"sh -c true", true, "*main.commandSubject sh -c true"},
	} {
		s, err := f.subject(strings.Fields(tt.args), tt.dashed)
		got := fmt.Sprintf("%T %v", s, s)
		if err != nil {
			got = "error"
		}
		if got != tt.want {
			t.Errorf("%s: got %s (%v), want %s", tt.args, got, err, tt.want)
		}
	}
}
