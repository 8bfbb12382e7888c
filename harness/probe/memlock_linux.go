package probe

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// LiftMemlock lifts this process's limit on locked memory, which before 5.11
// also bounded programs and maps, so that it never looks like the verifier's
// limit. A process without CAP_SYS_RESOURCE may not lift it, which is an error only where
// the limit counts.
func LiftMemlock() error {
	err := unix.Setrlimit(unix.RLIMIT_MEMLOCK, &unix.Rlimit{Cur: unix.RLIM_INFINITY, Max: unix.RLIM_INFINITY})
	if err == nil || err == unix.EPERM && countsInCgroups() {
		return nil
	}
	return fmt.Errorf("lift the locked-memory limit, which bounds programs and maps before Linux 5.11: %w", err)
}

// countsInCgroups reports whether the kernel charges programs and maps to control
// groups, as it does since 5.11, and no longer to the limit.
func countsInCgroups() bool {
	var u unix.Utsname
	var major, minor int
	if unix.Uname(&u) != nil {
		return false
	}
	fmt.Sscanf(unix.ByteSliceToString(u.Release[:]), "%d.%d", &major, &minor)
	return major > 5 || major == 5 && minor >= 11
}
