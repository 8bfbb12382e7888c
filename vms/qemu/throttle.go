//go:build linux

package qemu

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// clockTicks is USER_HZ, which /proc counts processor time in: 100 on every
// architecture that machines run on.
const clockTicks = 100

// CPU returns the processor time of the QEMU process: utime and stime of /proc/PID/stat, see
// proc(5).
func (m *machine) CPU() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", m.process.Pid))
	if err != nil {
		return 0 // it is gone
	}
	return statTime(string(stat))
}

// statTime reads the fields behind the command's name, which may hold anything.
func statTime(stat string) time.Duration {
	fields := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return 0
	}
	var ticks int64
	for _, f := range fields[11:13] { // the 14th and 15th of all
		n, _ := strconv.ParseInt(f, 10, 64)
		ticks += n
	}
	return time.Duration(ticks) * time.Second / clockTicks
}

// Pause stops the QEMU process.
func (m *machine) Pause(stop bool) {
	select {
	case <-m.Done():
		return // its number may be another's by now
	default:
	}
	if stop {
		m.process.Signal(unix.SIGSTOP)
	} else {
		m.process.Signal(unix.SIGCONT)
	}
}
