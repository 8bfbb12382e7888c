package main

import "slices"

// qemuName is how the names of machines' processes begin.
const qemuName = "qemu-system"

// machineMemory is the most proportional memory that each machine was seen
// with, in bytes, by process.
type machineMemory map[int]int64

// look measures the machines that a process has started.
func (m machineMemory) look(pid int) {
	for _, machine := range childrenNamed(pid, qemuName) {
		m.saw(machine, proportional(machine))
	}
}

func (m machineMemory) saw(machine int, bytes int64) {
	if bytes > 0 {
		m[machine] = max(m[machine], bytes)
	}
}

func (m machineMemory) all() []int64 {
	var out []int64
	for _, bytes := range m {
		out = append(out, bytes)
	}
	return out
}

func (m machineMemory) sum() (bytes int64) {
	for _, b := range m {
		bytes += b
	}
	return bytes
}

func (m machineMemory) mean() int64 { return mean(m.all()) }

func (m machineMemory) max() int64 { return slices.Max(append(m.all(), 0)) }
