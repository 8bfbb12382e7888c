// Package object reads eBPF objects, in one way for everything that loads, verifies
// or describes them, on the host and in the guest.
package object
