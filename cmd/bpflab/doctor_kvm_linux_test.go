package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/qemu"
)

func TestKVMFinding(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	host := vms.Hypervisor{Accelerator: "tcg", Version: "QEMU 9.8.7", Binary: "/bin/q", Machine: "pc", CPU: "qemu64"}
	for _, test := range []struct {
		name  string
		found qemu.Inspection
		state state
		fix   string
		says  []string
	}{
		{"works", qemu.Inspection{Hypervisor: host, Now: qemu.Accelerator{Name: qemu.KVM, Seconds: 0.25}}, stateOK, "",
			[]string{"a guest ran in KVM, for 0.25 s", "machines: tcg, QEMU 9.8.7, /bin/q, machine pc, CPU qemu64", "on record until now: nothing"}},
		{"no rights", qemu.Inspection{Now: qemu.Accelerator{Name: qemu.TCG, Why: "no rights to open /dev/kvm", Hint: "join"}}, stateMissing, "join",
			[]string{"no rights to open /dev/kvm; machines are emulated (TCG)"}},
		{"silent, and slow", qemu.Inspection{Now: qemu.Accelerator{Name: qemu.TCG, Why: "silence", Slowness: 3}}, stateMissing, "",
			[]string{"silence; machines are emulated", "limits of time are 3.0 times as long as usual"}},
		{"on record", qemu.Inspection{Record: qemu.Accelerator{Name: qemu.TCG, Why: "silence", Found: at}, Now: qemu.Accelerator{Name: qemu.KVM}}, stateOK, "",
			[]string{"on record until now: tcg, since 2026-03-01 12:00:00, because silence"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := kvmFinding(test.found)
			if got.State != test.state || got.Fix != test.fix || got.Required {
				t.Errorf("%+v", got)
			}
			for _, want := range test.says {
				if !strings.Contains(got.Detail, want) {
					t.Errorf("no %q in %q", want, got.Detail)
				}
			}
		})
	}
}

// A QEMU that machines cannot run on is missing, too.
func TestCheckQEMUOfOtherPrograms(t *testing.T) {
	for name, test := range map[string]struct{ text, want string }{
		"too old":        {"echo 'QEMU emulator version 5.2.0'", "too old"},
		"something else": {"echo hello", "is not QEMU"},
		"dies":           {"exit 1", "--version"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.WriteFile(filepath.Join(dir, "qemu-system-x86_64"), []byte("#!/bin/sh\n"+test.text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			t.Setenv("PATH", dir)
			if got := checkQEMU(t.Context()); got.State != stateMissing || !got.Required || !strings.Contains(got.Detail, test.want) || got.Fix == "" {
				t.Errorf("%+v, want a detail with %q", got, test.want)
			}
		})
	}
}
