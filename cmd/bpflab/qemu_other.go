//go:build !linux

package main

import "github.com/bpflab/bpflab/vms/cache"

// defaultProvider is what runs machines if nobody says: machines of QEMU's are
// forked with what only Linux has.
const defaultProvider = "multipass"

func withQEMU(others map[string]maker) map[string]maker { return others }

// templateUse is how many templates a kernel has, and what they take of the
// disk in bytes.
type templateUse struct {
	count int
	disk  int64
}

func templatesByKernel() (map[string]templateUse, error) { return nil, nil }

func verifyTemplates(string) ([]cache.Finding, int) { return nil, 0 }

func pruneTemplates(map[string]bool) (int64, error) { return 0, nil }

func endKept() {}
