package guest

import (
	"testing"

	"golang.org/x/sys/unix"
)

// A kernel is silent that has logged nothing but the agent's own line since the last look. A
// pipe stands in for /dev/kmsg: a read gives a record, and EAGAIN where there is none.
func TestSilent(t *testing.T) {
	var ends [2]int
	if err := unix.Pipe2(ends[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	log := &logReader{fd: ends[0], own: "bpflab: mark 1 ABC"}
	defer unix.Close(ends[0])
	records := func(want bool, records ...string) {
		t.Helper()
		for _, r := range records {
			if _, err := unix.Write(ends[1], []byte(r)); err != nil {
				t.Fatal(err)
			}
		}
		if got := log.silent(); got != want {
			t.Errorf("after %q: silent is %v", records, got)
		}
	}
	records(true)
	records(false, "4,1,5,-;WARNING: CPU: 0 PID: 60\n")
	records(true)
	records(true, "1,2,6,-;bpflab: mark 1 ABC\n")
	records(false, "1,2,6,-;bpflab: mark 1 of another\n")

	unix.Close(ends[1]) // the end of a file is no answer of a log
	if log.silent() {
		t.Error("a log that cannot be read is silent")
	}
	if (&logReader{fd: -1}).silent() {
		t.Error("a log that could not be opened is silent")
	}
}
