package main

import (
	"bytes"
	"github.com/bpflab/bpflab/harness/workshop/web"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/bpflab/bpflab/harness/verdict"
)

// verbs returns all commands that can be run, by their words: also those that are added
// later.
func verbs(cmd *cobra.Command, words ...string) map[string]*cobra.Command {
	all := map[string]*cobra.Command{}
	if cmd.HasParent() && cmd.Runnable() {
		all[strings.Join(words, " ")] = cmd
	}
	for _, sub := range cmd.Commands() {
		for name, verb := range verbs(sub, append(append([]string{}, words...), sub.Name())...) {
			all[name] = verb
		}
	}
	return all
}

// refused runs a command line that must be refused with one sentence that has a text.
func refused(t *testing.T, says string, args ...string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code := execute(args, &stdout, &stderr)
	if code != verdict.ExitUsage || stdout.Len() > 0 || strings.Count(stderr.String(), "\n") != 1 || !strings.Contains(stderr.String(), says) {
		t.Errorf("%q: exit code %d, want %d; stdout %q, stderr %q, want one line with %q", args, code, verdict.ExitUsage, stdout.String(), stderr.String(), says)
	}
}

// emptyWorld makes a cache without kernels, and a lock file that pins none.
func emptyWorld(t *testing.T) {
	t.Helper()
	dir := t.TempDir()
	for _, name := range []string{"GOCACHE", "GOMODCACHE"} { // which are below HOME otherwise, and to fill them takes long
		out, err := exec.Command("go", "env", name).Output()
		if err != nil {
			t.Fatal(err)
		}
		t.Setenv(name, strings.TrimSpace(string(out)))
	}
	t.Setenv("HOME", dir)
	t.Setenv("XDG_STATE_HOME", dir)
	t.Setenv("BPFLAB_CACHE", dir+"/cache")
	t.Setenv("BPFLAB_DEBIAN_MIRROR", "http://127.0.0.1:9/debian")
}

// TestNothingIsRefused gives every flag and every argument of every verb an empty
// value, as a script does whose variable is not set.
func TestNothingIsRefused(t *testing.T) {
	emptyWorld(t)
	all := verbs(newRootCmd())
	for _, name := range []string{"run", "exec", "verify", "test", "features", "limits", "shell", "workshop", "replay", "report", "ci matrix", "kernels pull"} {
		if all[name] == nil {
			t.Fatalf("no verb %q among %d", name, len(all))
		}
	}
	for name, verb := range all {
		words := strings.Fields(name)
		t.Run(name, func(t *testing.T) {
			refused(t, "", append(words, "")...)
			each := func(f *pflag.Flag) {
				refused(t, "--"+f.Name, append(words, "--"+f.Name+"=")...)
				if _, list := f.Value.(pflag.SliceValue); list && f.Value.Type() == "stringSlice" {
					refused(t, "--"+f.Name, append(words, "--"+f.Name, "6.1,,latest")...)
					refused(t, "--"+f.Name, append(words, "--"+f.Name, "6.1, ")...)
				}
			}
			verb.LocalFlags().VisitAll(each)
			verb.InheritedFlags().VisitAll(each)
		})
	}
}

// A command's own arguments may be empty: only its name may not.
func TestEmptyArgumentsOfACommand(t *testing.T) {
	cmd := newExecCmd()
	for name, test := range map[string]struct {
		args    []string
		refused bool
	}{
		"an empty argument":  {[]string{"--", "printf", ""}, false},
		"an empty command":   {[]string{"--", "", "x"}, true},
		"a command of blank": {[]string{"--", " "}, true},
	} {
		if err := cmd.Flags().Parse(test.args); err != nil {
			t.Fatal(err)
		}
		if err := emptyArgument(cmd); (err != nil) != test.refused {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestNothingIsSelected names kernels of a lock file that pins none, in every verb that
// has --kernel, and what else leaves nothing to do.
func TestNothingIsSelected(t *testing.T) {
	emptyWorld(t)
	lock := filepath.Join(t.TempDir(), "kernels.lock")
	result := filepath.Join(t.TempDir(), "result.json")
	budgets := filepath.Join(t.TempDir(), "budgets.yaml")
	for name, text := range map[string]string{lock: emptyLock, result: `{"schema": 1, "cells": []}`, budgets: "{}\n"} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv(lockVariable, lock)
	object := compiled(t, "crash.bpf")
	checkFile := filepath.Join(t.TempDir(), "bpflab.yaml")
	if err := os.WriteFile(checkFile, []byte("commands: [{run: ['true']}]\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	arguments := map[string][]string{"run": {"hello"}, "exec": {"--", "true"}, "verify": {object}, "test": {"-C", gotestDir, "."},
		"check": {checkFile}, "labs check": {"../../labs/hello"}, "labs preview": {"../../labs/hello"}, "workshop prepare": {filepath.Join(t.TempDir(), "stick")}}
	for name, verb := range verbs(newRootCmd()) {
		if verb.Flags().Lookup("locked") == nil || verb.Flags().Lookup("kernel") == nil || name == "workshop" || name == "shell" {
			continue // see TestNothingIsSelectedOnATerminal
		}
		t.Run(name, func(t *testing.T) {
			if err := web.HasPage(); err != nil && (name == "labs preview" || name == "workshop prepare") {
				t.Skip(err)
			}
			refused(t, "kernel", append(append(strings.Fields(name), "--locked", "--kernel", "all"), arguments[name]...)...)
		})
	}
	untested := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module example.com/untested\n", "a.go": "package untested\n"} {
		if err := os.WriteFile(filepath.Join(untested, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	refused(t, "no tests", "test", "-C", untested, "./...")
	refused(t, `no kind "none"`, "features", "--kind", "none")
	refused(t, `no limit "none"`, "limits", "--only", "stack_bytes,none")
	unfinished := t.TempDir()
	if err := os.Mkdir(filepath.Join(unfinished, "cells"), 0o755); err != nil {
		t.Fatal(err)
	}
	refused(t, unfinished+" is unfinished", "report", unfinished)
	refused(t, unfinished+" is unfinished", "replay", filepath.Join(unfinished, "result.json"))
	refused(t, "no cells", "report", result)
	refused(t, "no cells", "replay", result)
	refused(t, "no budgets", "verify", "--budgets", budgets, object)
}

// emptyLock pins no kernel.
const emptyLock = "schema: 1\nkernels: []\n"
