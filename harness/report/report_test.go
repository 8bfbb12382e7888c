package report

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs (go test -update rewrites it); got:\n%s", path, got)
	}
}

// hostile would leave every format it is put into, were it written raw.
const hostile = "\x1b[31m]]></failure>\x00\xff|`*\u202e```\n<b>\x07 end"

var planned = []Planned{{"hello", "5.10"}, {"hello", "6.1"}, {"xdp-drop", "5.10"}, {"xdp-drop", "6.1"}, {"xdp-drop", "4.19"}, {"map-counters", "7.3"}, {"hello", "6.12"}}

// everything has a cell of each verdict.
func everything() verdict.Result {
	return verdict.Result{
		Schema: verdict.Schema, Tool: "v0.1.0", Seconds: 31.25,
		Started: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Cells: []verdict.Cell{
			cellOf("hello", "5.10", "5.10.0-38-cloud-amd64", verdict.Pass, ""),
			failedCell(), timedOutCell(), infraCell(),
			cellOf("xdp-drop", "4.19", "4.19.0-27-cloud-amd64", verdict.Unsupported, "the kernel lacks CONFIG_XDP_SOCKETS"),
			hostileCell(), retriedCell(),
		},
	}
}

func cellOf(lab, selector, release string, v verdict.Verdict, reason string) verdict.Cell {
	return verdict.Cell{
		Lab: lab, LabSHA256: strings.Repeat("a1", 32), Provider: "qemu", Verdict: v, Reason: reason, StartKind: "boot",
		Kernel:    verdict.Kernel{Selector: selector, Release: release, Source: "debian", Package: "linux-image-" + release, Version: "1-2", SHA256: strings.Repeat("b2", 32)},
		Durations: verdict.Durations{Wait: 5, Start: 3, Build: 0.1, Load: 0.2, Run: 0.8},
		Console:   lab + "-" + selector + ".console.log",
	}
}

// retriedCell passed on another member of a cluster than it began on.
func retriedCell() verdict.Cell {
	c := cellOf("hello", "6.12", "6.12.41-cloud-amd64", verdict.Pass, "")
	c.Where = "member1"
	c.Attempts = []verdict.Attempt{
		{Verdict: verdict.Infra, Reason: "machine gone: LXD has closed the stream", Where: "member2", Console: "hello-6.12.1.console.log"},
		{Verdict: verdict.Pass, Where: c.Where, Console: c.Console},
	}
	return c
}

// emulatedCell passed without the accelerator that failed it.
func emulatedCell() verdict.Cell {
	c := cellOf("hello", "7.3", "7.3.0-cloud-amd64", verdict.Pass, "")
	c.Hypervisor = &verdict.Hypervisor{Accelerator: "tcg", Version: "QEMU 7.2.22", Binary: "/usr/bin/qemu-system-x86_64", Machine: "pc", CPU: "qemu64,+rdrand"}
	c.Attempts = []verdict.Attempt{
		{Verdict: verdict.Infra, Reason: "the machine hangs: its agent did not answer", Accelerator: "kvm", Console: "hello-7.3.1.console.log"},
		{Verdict: verdict.Pass, Accelerator: "tcg", Console: c.Console},
	}
	c.Warnings = []string{"a machine failed with kvm and was tried once more with tcg: the machine hangs: its agent did not answer"}
	return c
}

func failedCell() verdict.Cell {
	c := cellOf("hello", "6.1", "6.1.0-40-cloud-amd64", verdict.Fail, "step watch-ls: trace lines")
	c.Warnings = []string{"pinned 6.1.170-3 has left its mirror, using 6.1.192-2"}
	c.Attempts = []verdict.Attempt{
		{Verdict: verdict.Infra, Reason: "no answer in 60 s", Console: "hello-6.1.1.console.log"},
		{Verdict: verdict.Fail, Reason: c.Reason, Console: c.Console},
	}
	c.Steps = []verdict.Step{
		{Name: "build", Verdict: verdict.Pass, Expected: "exit status 0", Seen: "exit status 0", Seconds: 0.2},
		{Name: "watch-ls", Verdict: verdict.Fail, Expected: "2 trace lines", Seen: "1", Seconds: 0.8,
			Log: strings.Repeat("an older line\n", 20) + "the last line\n",
			Checks: []verdict.Check{
				{Kind: "exit", Verdict: verdict.Pass, Expected: "0", Seen: "0"},
				{Kind: "trace", When: ">=5.2", Verdict: verdict.Fail,
					Expected: `at least 2 lines of comm "ls" with the message "getdents64 called", in the time that the command took`,
					Seen:     "1 line:\nls-123: getdents64 called"},
				{Kind: "stdout", Verdict: verdict.Fail, Expected: `contains "bin"`, Seen: ""},
			}},
	}
	return c
}

func timedOutCell() verdict.Cell {
	c := cellOf("xdp-drop", "5.10", "5.10.0-38-cloud-amd64", verdict.Timeout, "step drop did not end in 60s")
	c.Steps = []verdict.Step{{Name: "drop", Verdict: verdict.Timeout, Expected: "100 packets", Seen: "0 packets", Seconds: 60}}
	return c
}

func infraCell() verdict.Cell {
	c := cellOf("xdp-drop", "6.1", "", verdict.Infra, "kernel panic - not syncing: no working init")
	c.Kernel.Package = "linux-image-6.1.0-40-cloud-amd64"
	c.Splat = "Kernel panic - not syncing: no working init\nCPU: 0 PID: 1\nCall Trace:\n"
	return c
}

func hostileCell() verdict.Cell {
	c := cellOf("map-counters", "7.3", "7.3\x1b[2J", verdict.Fail, hostile)
	c.Steps = []verdict.Step{{Name: hostile, Verdict: verdict.Fail, Expected: hostile, Seen: hostile, Log: hostile}}
	c.Splat = hostile
	return c
}

func play(p Printer, result verdict.Result) error {
	for i := range result.Cells {
		p.Event(verdict.Event{Index: i, Phase: verdict.PhaseStart, Attempt: 1})
		p.Event(verdict.Event{Index: i, Phase: verdict.PhaseStep, Step: hostile, Attempt: 1})
	}
	for i, cell := range result.Cells {
		p.Event(verdict.Event{Index: i, Phase: verdict.PhaseDone, Attempt: 1, Cell: &cell})
	}
	return p.Close(result)
}

func TestGolden(t *testing.T) {
	tests := []struct {
		file  string
		write func(io.Writer, verdict.Result) error
	}{
		{"lines.txt", func(w io.Writer, r verdict.Result) error { return play(New(w, planned, false), r) }},
		{"result.json", JSON},
		{"junit.xml", JUnit},
		{"summary.md", Markdown},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			var out bytes.Buffer
			if err := tt.write(&out, everything()); err != nil {
				t.Fatal(err)
			}
			golden(t, tt.file, out.Bytes())
		})
	}
}

// No report passes a guest's control characters on. JSON escapes them itself.
func TestNoRawControlCharacters(t *testing.T) {
	for _, file := range []string{"lines.txt", "result.json", "junit.xml", "summary.md"} {
		text, err := os.ReadFile(filepath.Join("testdata", file))
		if err != nil {
			t.Fatal(err)
		}
		if i := bytes.IndexAny(text, "\x00\x07\x1b"); i >= 0 {
			t.Errorf("%s has a raw control character at byte %d", file, i)
		}
	}
}

func TestJSONRoundTrip(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, everything()); err != nil {
		t.Fatal(err)
	}
	var back verdict.Result
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if got, want := len(back.Cells), len(everything().Cells); got != want {
		t.Errorf("%d cells came back of %d", got, want)
	}
	if strings.Contains(out.String(), "null") {
		t.Error("a list is written as null")
	}
}

func TestJSONEmpty(t *testing.T) {
	var out bytes.Buffer
	if err := JSON(&out, verdict.Result{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), `"cells": []`) {
		t.Errorf("no empty list of cells in %s", out.String())
	}
}

func TestJUnitIsWellFormed(t *testing.T) {
	var out bytes.Buffer
	if err := JUnit(&out, everything()); err != nil {
		t.Fatal(err)
	}
	var back junitRoot
	if err := xml.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	var sum junitCounts
	for _, suite := range back.Suites {
		sum.Tests += suite.Tests
		sum.Failures += suite.Failures
		sum.Errors += suite.Errors
		sum.Skipped += suite.Skipped
	}
	if want := (junitCounts{Tests: 8, Failures: 3, Errors: 1, Skipped: 1}); sum != want {
		t.Errorf("counts %+v, want %+v", sum, want)
	}
}

func TestClosing(t *testing.T) {
	cells := func(lab string, all ...verdict.Verdict) (out []verdict.Cell) {
		for _, v := range all {
			out = append(out, verdict.Cell{Lab: lab, Verdict: v})
		}
		return out
	}
	tests := []struct {
		name  string
		cells []verdict.Cell
		want  string
	}{
		{"none", nil, "0 passed in 2.0s"},
		{"all passed", cells("a", verdict.Pass, verdict.Pass), "2 passed in 2.0s"},
		{"one failed", append(cells("a", verdict.Pass), cells("b", verdict.Fail)...), "1 passed, 1 failed in 2.0s"},
		{"two runs that disagree", cells("a", verdict.Pass, verdict.Fail), "0 passed, 1 flaky, 1 failed in 2.0s"},
		{"unsupported", cells("a", verdict.Unsupported), "0 passed, 1 unsupported in 2.0s"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := (table{}).closing(verdict.Result{Seconds: 2, Cells: tt.cells}); got != tt.want {
				t.Errorf("closing = %q, want %q", got, tt.want)
			}
		})
	}
}

// A cell of which no event came is shown all the same, and none twice.
func TestLinesShowEachCellOnce(t *testing.T) {
	var out bytes.Buffer
	result := everything()
	p := Lines(&out, planned)
	p.Event(verdict.Event{Index: 1, Phase: verdict.PhaseDone, Cell: &result.Cells[1]})
	p.Event(verdict.Event{Index: 1, Phase: verdict.PhaseDone, Cell: &result.Cells[1]})
	if err := p.Close(result); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"hello         5.10 (5.10.0-38-cloud-amd64)", "hello         6.1 (6.1.0-40-cloud-amd64)"} {
		if got := strings.Count(out.String(), line); got != 1 {
			t.Errorf("%q is there %d times", line, got)
		}
	}
}

// brokenWriter is a pipe whose reader has gone.
type brokenWriter struct{ writes int }

var errGone = errors.New("reader has gone")

func (b *brokenWriter) Write([]byte) (int, error) {
	b.writes++
	return 0, errGone
}

func TestWriteErrorIsReported(t *testing.T) {
	w := &brokenWriter{}
	if err := play(Lines(w, planned), everything()); !errors.Is(err, errGone) {
		t.Errorf("Close = %v, want %v", err, errGone)
	}
	if w.writes != 1 {
		t.Errorf("%d writes to a broken pipe, want 1", w.writes)
	}
}

func TestWriteDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results", "one")
	for range 2 { // over an older one too
		if err := WriteDir(dir, everything()); err != nil {
			t.Fatal(err)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range entries {
		names = append(names, entry.Name())
	}
	if got, want := strings.Join(names, " "), "junit.xml report.html result.json summary.md"; got != want {
		t.Errorf("files %q, want %q", got, want)
	}
}

func TestWriteDirNowhere(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := WriteDir(filepath.Join(file, "below"), everything()); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}
