//go:build linux

package qemu

import (
	"fmt"
	"os"
	"strings"
)

// Memory returns the private memory of the QEMU process and what it holds in shared
// memory that has no other user. Of pages that copies of a process share each has its part,
// where the system says (since Linux 5.9).
func (m *machine) Memory() int64 {
	if rollup, err := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", m.process.Pid)); err == nil && strings.Contains(string(rollup), "\nPss_Anon:") {
		return statusBytes(string(rollup), "Pss_Anon") + statusBytes(string(rollup), "Pss_Shmem")
	}
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", m.process.Pid))
	if err != nil {
		return 0 // it is gone
	}
	return statusBytes(string(status), "RssAnon") + statusBytes(string(status), "RssShmem")
}

// statusBytes returns a line of /proc/PID/status such as "RssAnon:   1234 kB".
func statusBytes(status, name string) int64 {
	_, rest, _ := strings.Cut(status, "\n"+name+":")
	var kib int64
	fmt.Sscanf(rest, "%d kB", &kib)
	return kib << 10
}
