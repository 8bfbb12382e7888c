// Package verify loads every program of eBPF objects on many kernels, each
// program by itself, and reports what the verifier said: accepted or not and why,
// and what it cost.
package verify
