package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// What is said of the stack over calls depends on the type of program and the kernel; the limit
// of one function does not.
func TestStackReasons(t *testing.T) {
	const together = "combined stack size of 3 calls is 832. Too large"
	for _, test := range []struct{ kind, section, kernel, log, fix string }{
		{"XDP", "xdp", "7.3", together, "on every kernel"},
		{"LSM", "lsm/file_open", "7.3", together, "on every kernel"},
		{"Tracing", "iter/task", "7.3", together, "on every kernel"},
		{"Kprobe", "kprobe/do_exit", "6.12", together, "from 6.13 on"},
		{"Tracing", "fentry/do_exit", "6.1", together, "from 6.13 on"},
		{"TracePoint", "tp/sched/sched_switch", "6.17", together, "tail calls"},
		{"Kprobe", "kprobe/do_exit", "7.3", "stack size of subprog 1 is 544. Too large", "a function has 512 bytes"},
		{"XDP", "xdp", "5.10", "invalid stack off=-520 size=8", "a function has 512 bytes"},
		{"SchedCLS", "tc", "6.1", "tail_calls are not allowed when call stack of previous frames is 288 bytes. Too large", "256 bytes"},
	} {
		version, err := kernel.ParseVersion(test.kernel)
		if err != nil {
			t.Fatal(err)
		}
		r := Explain(Rejection{Program: Program{Name: "p", Type: test.kind, Section: test.section}, Kernel: version, Stage: "load", Errno: "EACCES", Log: test.log})
		if r.Code != "stack" || !strings.Contains(r.Fix, test.fix) {
			t.Errorf("%+v: %+v", test, r)
		}
	}
}
