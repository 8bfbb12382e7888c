package main

import (
	"errors"
	"os"
	"os/exec"
	"strconv"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/bpflab/bpflab/vms/kernel/catalogue"
)

// noArchive is the URL of an archive that does not answer, so that the default kernels of
// tests are the same four everywhere.
const noArchive = "http://127.0.0.1:9"

func TestMain(m *testing.M) {
	if err := os.Setenv("BPFLAB_DEBIAN_ARCHIVE", noArchive); err != nil {
		panic(err)
	}
	if err := os.Setenv(configVariable, os.DevNull); err != nil { // nor what the user has configured
		panic(err)
	}
	if err := os.Setenv("BPFLAB_STANDBY", "0"); err != nil { // tests use none that the user runs
		panic(err)
	}
	testscript.Main(m, map[string]func(){"bpflab": main})
}

// TestScript runs the command line without machines and without a network:
// the cache is empty and the mirror is a port where nobody listens.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(env *testscript.Env) error {
			env.Setenv("HOME", env.WorkDir+"/home")
			env.Setenv("BPFLAB_CACHE", env.WorkDir+"/cache")
			for _, name := range catalogue.SourceNames() {
				env.Setenv(catalogue.MirrorVariable(name), "http://127.0.0.1:9/"+name)
			}
			return os.MkdirAll(env.WorkDir+"/home", 0o755)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"exits": exits},
	})
}

// exits runs a command that must end with the given exit code: exits 2 bpflab run nope
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	code := 0
	if err := ts.Exec(args[1], args[2:]...); err != nil {
		var exit *exec.ExitError
		if !errors.As(err, &exit) {
			ts.Fatalf("%v", err)
		}
		code = exit.ExitCode()
	}
	if code != want {
		ts.Fatalf("exit code %d, want %d", code, want)
	}
}
