package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// inProject writes a project's file into a directory of its own, and goes there.
func inProject(t *testing.T, text string) {
	t.Helper()
	t.Chdir(t.TempDir())
	if err := os.WriteFile("bpflab.yaml", []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestCheckRefuses(t *testing.T) {
	object := compiled(t, "limits.bpf")
	refused(t, "bpflab init", "check", filepath.Join(t.TempDir(), "bpflab.yaml"))
	for _, tt := range []struct{ name, text, says string }{
		{"a mistake", "object: []\n", `bpflab.yaml:1:1: unknown key "object"`},
		{"no file", "objects: [{files: ['*.o']}]\n", "bpflab.yaml:1:20: there is no file *.o"},
		{"no such program", "objects: [{files: [" + object + "], programs: [nobody]}]\n", "nobody"},
		{"no such map", "objects: [{files: [" + object + "], map_sizes: {nomap: 3}}]\n", "nomap"},
		{"a budget of nobody", "objects: [{files: [" + object + "], budgets: {programs: {nobody: {insns: 3}}}}]\n", "nobody"},
		{"a rejection of nobody", "objects: [{files: [" + object + "], rejected: [{program: nobody, reason: helper}]}]\n", "nobody"},
		{"no presets", "objects: [{files: [" + object + "], presets: none.yaml}]\n", "none.yaml"},
		{"no such command", "commands: [{run: [./nothing]}]\n", "bpflab.yaml:1:18: ./nothing"},
		{"nothing is left", "objects: [{files: [" + object + "], skip: ['*']}]\n", "none of these objects' programs is left"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			inProject(t, tt.text)
			refused(t, tt.says, "check")
		})
	}
}

// A build that fails or hangs fails the check, and leaves nothing running.
func TestCheckBuilds(t *testing.T) {
	for _, tt := range []struct{ name, build, says string }{
		{"fails", "run: echo words of make; exit 3", "exit status 3"},
		{"hangs", "{run: sleep 1000 & sleep 1000, timeout: 1s}", "did not end within 1s"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			build := tt.build
			if !strings.HasPrefix(build, "{") {
				build = "\n  " + build
			}
			inProject(t, "build: "+build+"\ncommands: [{run: ['true']}]\n")
			var stdout, stderr bytes.Buffer
			began := time.Now()
			code := execute([]string{"check"}, &stdout, &stderr)
			if code != verdict.ExitFail || !strings.Contains(stderr.String(), tt.says) || time.Since(began) > 100*time.Second {
				t.Errorf("exit code %d, stderr %q, want 1 and %q", code, stderr.String(), tt.says)
			}
		})
	}
}

func TestInit(t *testing.T) {
	object, err := os.ReadFile(compiled(t, "limits.bpf"))
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	refused(t, "no eBPF object", "init")
	if err := os.WriteFile("limits.bpf.o", object, 0o644); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if code := execute([]string{"init"}, &out, &out); code != 0 || !strings.Contains(out.String(), "bpflab check") {
		t.Fatalf("exit code %d: %s", code, out.String())
	}
	refused(t, "is there", "init")
}
