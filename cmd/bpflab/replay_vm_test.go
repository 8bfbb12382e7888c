package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// stored writes a result as a run does.
func stored(t *testing.T, result verdict.Result) string {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), report.ResultFile))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := report.JSON(f, result); err != nil {
		t.Fatal(err)
	}
	return f.Name()
}

// replay runs a result again, with no mirror to be had.
func replay(t *testing.T, result verdict.Result, args ...string) outcome {
	t.Helper()
	return bpflab(t, append([]string{"replay", stored(t, result), "--mirror", "http://127.0.0.1:9/debian", "--dir", t.TempDir()}, args...)...)
}

func TestReplay(t *testing.T) {
	needVMs(t)
	mine := document(t, "", "## Look\n\n```sh\nls /\n```\n<!-- bpflab\nchecks:\n  - exit: 0\n-->\n")
	ran := bpflab(t, "run", "hello", mine, "--kernel", "6.1", "--repeat", "2")
	ran.want(t, verdict.ExitOK)
	same := replay(t, ran.result)
	same.want(t, verdict.ExitOK)
	if !strings.Contains(same.stderr, "the same as before: 4 of 4 cells") {
		t.Errorf("it says %s", same.stderr)
	}
	t.Run("another verdict and object", func(t *testing.T) { replayOther(t, ran.result) })
	t.Run("a changed lab", func(t *testing.T) { replayChanged(t, ran.result, mine) })
	t.Run("a kernel that is gone", func(t *testing.T) { replayGone(t, ran.result) })
}

func replayOther(t *testing.T, result verdict.Result) {
	cells := append([]verdict.Cell{}, result.Cells[:2]...)
	cells[0].Verdict, cells[1].Object = verdict.Fail, strings.Repeat("0", 64)
	result.Cells = cells
	o := replay(t, result)
	o.want(t, verdict.ExitFail)
	for _, want := range []string{"hello on 6.1: it was fail, and is pass", "hello on 6.1: its programs were compiled to 0000", "not as before: 2 of 2 cells"} {
		if !strings.Contains(o.stderr, want) {
			t.Errorf("it does not say %q:\n%s", want, o.stderr)
		}
	}
}

func replayChanged(t *testing.T, result verdict.Result, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, append(text, "More.\n"...), 0o644); err != nil {
		t.Fatal(err)
	}
	result.Cells = result.Cells[2:3]
	o := replay(t, result)
	o.want(t, verdict.ExitUsage)
	if !strings.Contains(o.stderr, result.Cells[0].LabSHA256) {
		t.Errorf("it says %s", o.stderr)
	}
	replay(t, result, "--allow-changed-labs").want(t, verdict.ExitOK)
}

func replayGone(t *testing.T, result verdict.Result) {
	cell := result.Cells[0]
	cell.Kernel.SHA256, cell.Kernel.Source = strings.Repeat("a", 64), "local"
	result.Cells = []verdict.Cell{cell}
	o := replay(t, result)
	o.want(t, verdict.ExitInfra)
	if !strings.Contains(o.stderr, "kernel 6.1 (") || !strings.Contains(o.stderr, cell.Kernel.SHA256) || !strings.Contains(o.stderr, "no longer to be had") {
		t.Errorf("it says %s", o.stderr)
	}
}

// Starters fail, and fail again.
func TestReplayOfStarters(t *testing.T) {
	needVMs(t)
	ran := bpflab(t, "run", "hello", "--kernel", "6.1", "--starter")
	ran.want(t, verdict.ExitFail)
	if !ran.result.Starter {
		t.Error("the result does not say that it is of starters")
	}
	replay(t, ran.result).want(t, verdict.ExitOK)
}
