package ci

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// fakeTools are what root.sh calls: each writes its arguments to calls. mmdebstrap makes
// what of a root is looked at, or says what apt says of a suite that it does not find.
var fakeTools = map[string]string{
	"mmdebstrap": `case $FAIL in ?*) echo "E: $FAIL" >&2; exit 1 ;; esac
for dir; do :; done
mkdir -p "$dir/etc/apt/sources.list.d" "$dir/etc/apt/preferences.d"
echo "deb http://mirror.invalid/debian trixie main" >"$dir/etc/apt/sources.list"`,
	"apt-get": "",
	"chroot":  "",
}

// root runs root.sh with fakes, and returns the root, what was called, and its error.
func root(t *testing.T, fail, suite string, packages ...string) (dir, calls, stderr string, err error) {
	t.Helper()
	tools := t.TempDir()
	for name, text := range fakeTools {
		text = "#!/bin/bash\necho \"" + name + " $*\" >>\"$CALLS\"\n" + text + "\n"
		if err := os.WriteFile(filepath.Join(tools, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	dir = filepath.Join(t.TempDir(), "root")
	cmd := exec.Command("./root.sh", append([]string{suite, dir}, packages...)...)
	cmd.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "CALLS="+filepath.Join(tools, "calls"), "FAIL="+fail)
	var said bytes.Buffer
	cmd.Stderr = &said
	err = cmd.Run()
	text, _ := os.ReadFile(filepath.Join(tools, "calls"))
	return dir, string(text), said.String(), err
}

func TestRootOfBackports(t *testing.T) {
	dir, calls, stderr, err := root(t, "", "trixie-backports", "git", "make")
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if !strings.Contains(calls, "--include=ca-certificates,git,make trixie "+dir) || !strings.Contains(calls, "Check-Valid-Until") {
		t.Errorf("calls\n%s", calls)
	}
	for file, want := range map[string]string{
		"sources.list.d/backports.list": "deb http://mirror.invalid/debian trixie-backports main\n",
		"preferences.d/backports":       "Package: *\nPin: release n=trixie-backports\nPin-Priority: 500\n",
	} {
		if got, err := os.ReadFile(filepath.Join(dir, "etc/apt", file)); err != nil || string(got) != want {
			t.Errorf("%s is %q, error %v, want %q", file, got, err, want)
		}
	}
}

func TestRootOfARelease(t *testing.T) {
	dir, calls, stderr, err := root(t, "", "trixie")
	if err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	if _, err := os.Stat(filepath.Join(dir, "etc/apt/preferences.d/backports")); err == nil {
		t.Error("a release prefers backports")
	}
	if !strings.Contains(calls, "--include=ca-certificates trixie") {
		t.Errorf("calls\n%s", calls)
	}
}

func TestRootThatCannotBeHad(t *testing.T) {
	_, _, stderr, err := root(t, "Unable to find a Release file", "trixie")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 || !strings.Contains(stderr, "no root of trixie could be made: E: Unable to find") {
		t.Errorf("error %v, %q; want exit status 3 and apt's words", err, stderr)
	}
}
