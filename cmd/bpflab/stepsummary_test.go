package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

// wrote writes a run's results; it returns what that said on standard error.
func wrote(t *testing.T, summary string) string {
	t.Helper()
	t.Setenv("GITHUB_STEP_SUMMARY", summary)
	dir := t.TempDir()
	var said bytes.Buffer
	if err := (&reportFlags{}).write(streams{out: io.Discard, err: &said}, dir, verdict.Result{Schema: verdict.Schema, Cells: []verdict.Cell{cellThat(verdict.Pass, "aa")}}); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(filepath.Join(dir, report.ResultFile)); err != nil {
		t.Error(err)
	}
	return said.String()
}

func TestStepSummaryIsAppended(t *testing.T) {
	name := filepath.Join(t.TempDir(), "summary")
	if err := os.WriteFile(name, []byte("# An earlier step\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if said := wrote(t, name); strings.Contains(said, "bpflab:") {
		t.Errorf("it says %s", said)
	}
	text, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(text), "# An earlier step\n") || !strings.Contains(string(text), "1 passed") {
		t.Errorf("%v, %s", err, text)
	}
}

// A summary that cannot be written costs a warning, not the run.
func TestStepSummaryThatCannotBeWritten(t *testing.T) {
	if said := wrote(t, t.TempDir()); !strings.Contains(said, "bpflab: the job's summary was not written: ") {
		t.Errorf("it says %s", said)
	}
	if said := wrote(t, ""); strings.Contains(said, "bpflab:") {
		t.Errorf("without one it says %s", said)
	}
}
