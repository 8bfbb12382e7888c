// Package probe tries what the running kernel's verifier accepts. It runs in
// the guest, generates the smallest programs that show one limit, and loads
// them with bpf(2) itself, so that nothing between it and the kernel (a
// library's feature probes, relocations, retries) colours the answer.
//
// An unprivileged probe runs on an operating-system thread of its own that
// has given up its user id and all capabilities and ends with the probe.
package probe
