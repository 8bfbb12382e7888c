//go:build !linux

package vms

// HostMemory returns how much memory this host has, in bytes; 0 if it cannot say.
func HostMemory() int64 { return 0 }
