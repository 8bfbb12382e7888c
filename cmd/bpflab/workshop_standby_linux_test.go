package main

import (
	"os"
	"testing"

	"github.com/bpflab/bpflab/vms/standby"
)

// A workshop holds a machine like the one that a student has, so that a new one is there at once.
func TestWorkshopHoldsMachines(t *testing.T) {
	t.Setenv(standbyVariable, "")
	var flags *workshopFlags
	ws := openWorkspace(t, openWorkshop(t, func(f *workshopFlags) { flags = f }), "ada", "hello")
	dir := flags.machines.provider.standby
	if _, err := os.Stat(dir); err != nil {
		t.Fatalf("the workshop has no standby: %v", err)
	}
	client := &standby.Client{Dir: dir, Build: buildID()}
	held := func() standby.Status {
		s, err := client.Status()
		if err != nil {
			t.Error(err)
		}
		return s
	}
	ws.Warm(t.Context())
	waitUntil(t, "a machine waits", func() bool { s := held(); return len(s.Machines) == 1 && s.Machines[0].Ready })
	if err := ws.Reset(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if s := held(); s.Lent != 1 {
		t.Errorf("the machine after a reset is not the one that waited: %+v", s)
	}
	if r := checked(t, ws, ""); r.Passed() {
		t.Errorf("the starter passes in it: %+v", r)
	}
}

func TestClassHoldsNoMachines(t *testing.T) {
	t.Setenv(standbyVariable, "")
	f := workshopFlags{class: "a"}
	f.machines.provider.name = "qemu"
	dir := t.TempDir()
	f.holdMachines(dir)()
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 || f.machines.provider.standby != "" {
		t.Errorf("a class holds machines: %v, error %v", left, err)
	}
}
