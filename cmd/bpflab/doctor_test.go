package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

func found(f finding) func(context.Context) finding {
	return func(context.Context) finding { return f }
}

func TestDoctor(t *testing.T) {
	good := found(finding{Name: "qemu", State: stateOK, Required: true, Detail: "QEMU 7.2"})
	optional := found(finding{Name: "kvm", State: stateMissing, Detail: "no /dev/kvm"})
	bad := found(finding{Name: "clang", State: stateMissing, Required: true, Detail: "no clang", Fix: "sudo apt-get install clang"})
	tests := []struct {
		name   string
		checks []func(context.Context) finding
		fails  bool
		want   []string
	}{
		{"all there", []func(context.Context) finding{good}, false, []string{"ok       qemu", "nothing is missing"}},
		{"optional missing", []func(context.Context) finding{good, optional}, false, []string{"note     kvm", "nothing is missing"}},
		{"required missing", []func(context.Context) finding{good, bad}, true, []string{"missing  clang", "-> sudo apt-get install clang", "missing: clang"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			err := doctor(t.Context(), &out, "", tt.checks)
			if got := exitCode(err) == verdict.ExitInfra; got != tt.fails {
				t.Errorf("error %v, want exit code 3: %v", err, tt.fails)
			}
			for _, want := range tt.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%s", want, out.String())
				}
			}
		})
	}
}

func TestDoctorJSON(t *testing.T) {
	var out bytes.Buffer
	bad := found(finding{Name: "clang", State: stateMissing, Required: true})
	if err := doctor(t.Context(), &out, "-", []func(context.Context) finding{bad}); !errors.Is(err, errReported) {
		t.Errorf("error %v, want one that is reported already", err)
	}
	var back diagnosis
	if err := json.Unmarshal(out.Bytes(), &back); err != nil {
		t.Fatal(err)
	}
	if len(back.Checks) != 1 || back.Checks[0].State != stateMissing || back.Schema == 0 {
		t.Errorf("JSON gave %+v", back)
	}
}

// On a machine with nothing in PATH every tool is missed, with a remedy.
func TestChecksOnBareMachine(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("BPFLAB_CLANG", "")
	t.Setenv("BPFLAB_BUSYBOX", "/nowhere/busybox") // busybox is looked for outside of PATH, too
	for _, check := range []func(context.Context) finding{checkQEMU, checkBusybox, checkClang, checkHeaders, checkGo} {
		if got := check(t.Context()); got.State != stateMissing || got.Detail == "" || got.Fix == "" {
			t.Errorf("on a bare machine: %+v", got)
		}
	}
}

func TestCheckCache(t *testing.T) {
	t.Setenv("BPFLAB_CACHE", filepath.Join(t.TempDir(), "not", "yet", "there"))
	if got := checkCache(t.Context()); !strings.Contains(got.Detail, "GiB free") {
		t.Errorf("a cache to be made: %+v", got)
	}
	t.Setenv("BPFLAB_CACHE", "/proc/nowhere")
	if got := checkCache(t.Context()); got.State != stateMissing {
		t.Errorf("a cache where nothing can be written: %+v", got)
	}
}
