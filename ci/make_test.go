package ci

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// A checkout that cannot be written has no place for bin.
func TestMakeBuildsElsewhere(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	for _, test := range []struct{ name, here, want string }{
		{"a checkout of one's own", "HERE=bin", "'bin/bpflab' run 'hello'"},
		{"read-only", "HERE=", "'/somewhere/bpflab/bin/bpflab' run 'hello'"},
	} {
		t.Run(test.name, func(t *testing.T) {
			out, err := exec.Command("make", "-n", "-C", "..", "XDG_CACHE_HOME=/somewhere", test.here, "lab-hello").CombinedOutput()
			if err != nil || !strings.Contains(string(out), test.want) {
				t.Errorf("%v, want %q in:\n%s", err, test.want, out)
			}
		})
	}
}

// A newcomer's first lab wants one agent; all five take minutes to compile the first time.
func TestMakeBuildsTheAgentsThatAreWanted(t *testing.T) {
	if _, err := exec.LookPath("make"); err != nil {
		t.Skip(err)
	}
	built := t.TempDir()
	if err := os.WriteFile(filepath.Join(built, "agent-riscv64.pack"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		args string
		want int
	}{
		{"lab-hello", 1}, {"labs", 1}, {"workshop", 1}, {"lab-hello KERNEL=6.1", 1}, {"lab-hello PACKED=" + built, 2},
		{"build", 5}, {"lab-hello build", 5}, {"lab-hello KERNEL=6.12/arm64", 5}, {"labs ARGS=--arch=arm64", 5},
	} {
		args := append([]string{"-n", "-C", "..", "BIN=" + t.TempDir()}, strings.Fields(test.args)...)
		out, err := exec.Command("make", args...).CombinedOutput()
		if got := strings.Count(string(out), "GOOS=linux GOARCH="); err != nil || got != test.want {
			t.Errorf("make %s: %v, %d agents, want %d", test.args, err, got, test.want)
		}
	}
}
