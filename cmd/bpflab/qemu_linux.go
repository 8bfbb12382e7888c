package main

import (
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/qemu"
)

// defaultProvider is what runs machines if nobody says.
const defaultProvider = "qemu"

// endKept ends what this process keeps for machines to come.
func endKept() { qemu.End() }

func withQEMU(others map[string]maker) map[string]maker {
	others["qemu"] = maker{"", func(w where) (vms.Provider, error) {
		return qemu.New(qemu.Options{Cache: qemuCache(w.cache), Accel: w.accel, Standby: standbyFor(w), Rehearse: session.Warm}), nil
	}}
	return others
}
