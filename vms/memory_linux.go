package vms

import "golang.org/x/sys/unix"

// HostMemory returns how much memory this host has, in bytes; 0 if it cannot say.
func HostMemory() int64 {
	var info unix.Sysinfo_t
	if unix.Sysinfo(&info) != nil {
		return 0
	}
	return int64(info.Totalram) * int64(info.Unit)
}
