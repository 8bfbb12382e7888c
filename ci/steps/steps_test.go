package steps

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// The script that the other system runs writes what Read reads.
func TestScriptAndReader(t *testing.T) {
	dir := t.TempDir()
	script := `out=$1; . ./steps.sh
step good sh -c 'echo words; echo complaint >&2; cp "$0" "$1"' result.json "$out/good.json"
step bad sh -c 'exit 7'`
	if err := os.WriteFile(filepath.Join(dir, "result.json"), []byte(`{"schema": 1, "cells": [{"lab": "hello", "start_kind": "fork"}]}`), 0o600); err != nil {
		t.Fatal(err)
	}
	script = strings.Replace(script, "result.json", filepath.Join(dir, "result.json"), 1)
	if out, err := exec.Command("bash", "-c", script, "bash", dir).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	run, err := Read(dir)
	if err != nil || len(run.Steps) != 2 {
		t.Fatalf("%+v, error %v, want two steps", run, err)
	}
	if good, ok := run.Find("good"); !ok || good.Status != 0 || good.Stdout != "words" || good.Stderr != "complaint" {
		t.Errorf("good is %+v", good)
	}
	if bad, ok := run.Find("bad"); !ok || bad.Status != 7 || bad.Stdout != "" {
		t.Errorf("bad is %+v", bad)
	}
	if _, ok := run.Find("none"); ok {
		t.Error("a step was found that never ran")
	}
	if result, err := run.Result("good"); err != nil || len(result.Cells) != 1 || result.Cells[0].StartKind != "fork" {
		t.Errorf("result %+v, error %v", result, err)
	}
	if _, err := run.Result("bad"); err == nil {
		t.Error("a result was read that is not there")
	}
}

func TestReadOfWhatNeverBegan(t *testing.T) {
	if run, err := Read(t.TempDir()); err != nil || len(run.Steps) != 0 {
		t.Errorf("%+v, error %v, want no steps", run, err)
	}
}

func TestReadOfBrokenLines(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "steps"), []byte("labs 0 1.5\nlabs zero\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(dir); err == nil || !strings.Contains(err.Error(), "labs zero") {
		t.Errorf("error %v, want the line", err)
	}
}
