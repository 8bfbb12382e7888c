package verify

import "github.com/bpflab/bpflab/vms/kernel"

// lockdownRules are about what a kernel refuses because its variant locks it down
// (bpf_tracing_func_proto and bpf_base_func_proto of Linux ask security_locked_down, and the
// verifier then says that there is no such helper).
var lockdownRules = []rule{
	{code: "lockdown", says: says(`(?:unknown func|cannot use helper) (bpf_probe_read\w*)#\d+`), when: lockedDown("confidentiality"), text: func(f *failure) string {
		return "lockdown=confidentiality forbids " + f.match[1] + ": programs may not read the kernel's memory"
	}, fix: "such a system has no programs that read kernel memory: use arguments of tp_btf, fentry and LSM programs, which the verifier knows, or boot it with lockdown=integrity"},
	{code: "lockdown", says: says(`(?:unknown func|cannot use helper) (bpf_probe_write_user)#\d+`), when: lockedDown("integrity", "confidentiality"), text: func(f *failure) string {
		return "lockdown forbids " + f.match[1] + ": programs may not write to the memory of processes"
	}, fix: "such a system has no programs that write to user memory"},
}

// lockedDown returns a function that reports whether the kernel is locked down to one of
// these levels.
func lockedDown(levels ...string) func(*failure) bool {
	return func(f *failure) bool {
		for _, level := range levels {
			if f.variant.Has(kernel.Setting{Name: "lockdown", Value: level}) {
				return true
			}
		}
		return false
	}
}
