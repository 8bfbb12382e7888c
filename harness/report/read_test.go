package report

import (
	"bytes"
	"io"
	"os"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// stored returns a result as it is stored on disk.
func stored(t testing.TB, result verdict.Result) string {
	t.Helper()
	var out bytes.Buffer
	if err := JSON(&out, result); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestReadGivesWhatWasWritten(t *testing.T) {
	for name, result := range map[string]verdict.Result{"repeated": repeated(), "large": large(3), "nothing": {Schema: verdict.Schema}} {
		t.Run(name, func(t *testing.T) {
			back, err := Read(strings.NewReader(stored(t, result)))
			if err != nil {
				t.Fatal(err)
			}
			if got, want := stored(t, back), stored(t, result); got != want {
				t.Errorf("it comes back as\n%s", got)
			}
		})
	}
}

func TestReadSaysWhatIsWrong(t *testing.T) {
	good := stored(t, everything())
	for name, test := range map[string]struct{ text, want string }{
		"empty":              {"", "line 1: unexpected end"},
		"no JSON":            {"<html>", "line 1: invalid character"},
		"cut off":            {good[:len(good)/2], "unexpected end"},
		"more follows":       {good + "{}", "invalid character"},
		"a list":             {"[]", "cannot unmarshal array"},
		"another schema":     {strings.Replace(good, `"schema": 1`, `"schema": 2`, 1), "its schema is 2, and this bpflab reads 1"},
		"another file":       {`{"schema": 1, "limits": []}`, "it has no cells: it is not the result.json of a run"},
		"no verdict":         {strings.Replace(good, `"verdict": "infra"`, `"verdict": "red"`, 1), `cells[1]: attempts[0]'s verdict is "red"`},
		"no lab":             {strings.Replace(good, `"lab": "hello"`, `"lab": ""`, 1), "cells[0]: it names no lab"},
		"a negative time":    {strings.Replace(good, `"run": 0.8`, `"run": -1`, 1), "cells[0]: run is -1"},
		"an age":             {strings.Replace(good, `"seconds": 31.25`, `"seconds": 1e300`, 1), "seconds is 1e+300"},
		"text for a number":  {strings.Replace(good, `"start": 3`, `"start": "3"`, 1), "line "},
		"no time of the day": {strings.Replace(good, "2026-03-01T12:00:00Z", "yesterday", 1), "yesterday"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Read(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, want %q", err, test.want)
			}
		})
	}
}

// Whatever is read can be written, in every form, and compared.
func FuzzRead(f *testing.F) {
	f.Add(stored(f, everything()))
	f.Add(stored(f, repeated()))
	f.Add(stored(f, hostileResult()))
	f.Add(`{"schema": 1, "cells": [{"lab": "a", "verdict": "pass"}, {"lab": "a", "verdict": "fail"}]}`)
	f.Add(`{"schema": 1, "cells": [{"lab": "a", "verdict": "pass", "attempts": [{"verdict": "infra"}, {"verdict": "pass"}]}]}`)
	if real, err := os.ReadFile("testdata/real.json"); err == nil {
		f.Add(string(real))
	} else {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text string) {
		result, err := Read(strings.NewReader(text))
		if err != nil {
			return
		}
		back, err := Read(strings.NewReader(stored(t, result)))
		if err != nil {
			t.Fatalf("what was read is not read again: %v", err)
		}
		comparison := Compare(result, back)
		if len(comparison.Changes)+len(comparison.Speeds) > 0 {
			t.Errorf("it differs from itself: %s", comparison.Title())
		}
		for _, write := range []func(io.Writer, verdict.Result) error{JUnit, Markdown} {
			if err := write(io.Discard, result); err != nil {
				t.Error(err)
			}
		}
		if err := HTML(io.Discard, result, PageOptions{Compare: &comparison}); err != nil {
			t.Error(err)
		}
		if err := junitFollows(t, result); err != nil {
			t.Error(err)
		}
	})
}
