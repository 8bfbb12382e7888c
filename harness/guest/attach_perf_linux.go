package guest

import (
	"fmt"
	"io"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// sampleHz is how often a perf_event program runs on each CPU. A prime, so
// that it does not beat with the kernel's own ticks.
const sampleHz = 97

// attachPerf runs the program on the software CPU clock of every CPU.
func attachPerf(p placement) (io.Closer, wire.AttachResult, error) {
	var fds perfEvents
	for cpu := range runtime.NumCPU() {
		fd, err := openClock(cpu, p.prog.FD())
		if err != nil {
			fds.Close()
			return nil, wire.AttachResult{}, fmt.Errorf("perf event on CPU %d: %w", cpu, err)
		}
		fds = append(fds, fd)
	}
	return fds, wire.AttachResult{Kind: "perf_event", Target: "cpu-clock"}, nil
}

func openClock(cpu, prog int) (int, error) {
	attr := unix.PerfEventAttr{
		Type:   unix.PERF_TYPE_SOFTWARE,
		Config: unix.PERF_COUNT_SW_CPU_CLOCK,
		Sample: sampleHz,
		Bits:   unix.PerfBitFreq,
		Size:   uint32(unsafe.Sizeof(unix.PerfEventAttr{})),
	}
	fd, err := unix.PerfEventOpen(&attr, -1, cpu, -1, unix.PERF_FLAG_FD_CLOEXEC)
	if err != nil {
		return -1, err
	}
	if err := unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_SET_BPF, prog); err != nil {
		unix.Close(fd)
		return -1, err
	}
	return fd, unix.IoctlSetInt(fd, unix.PERF_EVENT_IOC_ENABLE, 0)
}

type perfEvents []int

func (fds perfEvents) Close() error {
	for _, fd := range fds {
		unix.Close(fd)
	}
	return nil
}
