package guest

import (
	"os"
	"strconv"
)

// limited is the control group of commands that may have only so many processes.
const limited = cgroupRoot + "/limited"

// limit moves a process, and with it all that it will start, into the control group
// whose processes are at most so many, and which has one share of the processor, as
// each process outside it has (Documentation/admin-guide/cgroup-v2.rst). A kernel
// without the controllers limits nothing.
func limit(pid, processes int) {
	set := func(file, value string) { _ = os.WriteFile(file, []byte(value), 0o644) }
	set(cgroupRoot+"/cgroup.subtree_control", "+pids")
	set(cgroupRoot+"/cgroup.subtree_control", "+cpu")
	_ = os.Mkdir(limited, 0o755)
	set(limited+"/pids.max", strconv.Itoa(processes))
	set(limited+"/cgroup.procs", strconv.Itoa(pid))
}
