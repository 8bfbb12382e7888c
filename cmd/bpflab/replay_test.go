package main

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/report"
	"github.com/bpflab/bpflab/harness/verdict"
)

func cellThat(v verdict.Verdict, object string) verdict.Cell {
	return verdict.Cell{Lab: "hello", LabSHA256: "cc", Provider: "qemu", Object: object, Verdict: v, Kernel: verdict.Kernel{Selector: "6.1"}}
}

func TestJudge(t *testing.T) {
	pass, fail, infra := cellThat(verdict.Pass, "aa"), cellThat(verdict.Fail, "aa"), cellThat(verdict.Infra, "")
	for name, tt := range map[string]struct {
		was, now []verdict.Cell
		code     int
		says     string
	}{
		"the same":           {[]verdict.Cell{pass, fail}, []verdict.Cell{pass, fail}, verdict.ExitOK, "the same as before: 2 of 2 cells\n"},
		"infra again":        {[]verdict.Cell{infra}, []verdict.Cell{infra}, verdict.ExitOK, "the same"},
		"another verdict":    {[]verdict.Cell{pass, fail}, []verdict.Cell{pass, pass}, verdict.ExitFail, "hello on 6.1: it was fail, and is pass\nnot as before: 1 of 2 cells\n"},
		"another object":     {[]verdict.Cell{pass}, []verdict.Cell{cellThat(verdict.Pass, "bb")}, verdict.ExitFail, "its programs were compiled to aa, and now to bb"},
		"no object":          {[]verdict.Cell{pass}, []verdict.Cell{cellThat(verdict.Pass, "")}, verdict.ExitFail, "to aa, and now to nothing"},
		"a machine":          {[]verdict.Cell{pass}, []verdict.Cell{infra}, verdict.ExitInfra, "it was pass, and is infra"},
		"machine and lab":    {[]verdict.Cell{pass, pass}, []verdict.Cell{infra, fail}, verdict.ExitFail, "not as before: 2 of 2 cells"},
		"a machine recovers": {[]verdict.Cell{infra}, []verdict.Cell{pass}, verdict.ExitFail, "it was infra, and is pass"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			err := judge(&out, verdict.Result{Cells: tt.was}, verdict.Result{Cells: tt.now})
			if exitCode(err) != tt.code || !strings.Contains(out.String(), tt.says) {
				t.Errorf("exit code %d, want %d\n%s", exitCode(err), tt.code, out.String())
			}
		})
	}
}

// Whatever a file says, it is refused or names labs, providers and digests that can
// be shown; and it does not differ from itself.
func FuzzReplayable(f *testing.F) {
	real, err := os.ReadFile("../../harness/report/testdata/real.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(string(real))
	f.Add(`{"schema": 1, "cells": [{"lab": "hello", "lab_sha256": "a", "provider": "qemu", "verdict": "pass"}]}`)
	f.Add(`{"schema": 1, "cells": [{"lab": "a", "lab_sha256": "\u001b[2J", "lab_file": "../a", "provider": "host", "verdict": "infra"}]}`)
	f.Add(`{"schema": 1, "cells": [{"lab": "../a", "lab_sha256": "a", "verdict": "pass", "kernel": {"selector": "\u202e"}}, {"lab": "b", "verdict": "fail"}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		result, err := report.Read(strings.NewReader(text))
		if err != nil || replayable(result) != nil {
			return
		}
		for _, c := range result.Cells {
			if strings.ContainsAny(c.Lab+c.LabFile+c.Provider+c.Kernel.Selector+c.Kernel.SHA256, "\x1b\r\n\x00") {
				t.Errorf("%+v", c)
			}
			if c.LabFile == "" && strings.Contains(c.Lab, "/") {
				t.Errorf("%q is a path", c.Lab)
			}
		}
		if found := differences(result.Cells, result.Cells); len(found) > 0 {
			t.Errorf("it differs from itself: %+v", found)
		}
	})
}
