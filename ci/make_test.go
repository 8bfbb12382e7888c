package ci

import (
	"os/exec"
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
