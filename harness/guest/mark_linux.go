package guest

import (
	"bytes"
	"context"
	"os"
	"sync"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// alert is the most urgent level of a message that no system sends to every terminal
// (KERN_ALERT): consoles show it, however little else they show.
const alert = "<1>"

// logReader is the kernel's log from where it was opened on: each reader of /dev/kmsg has a
// place of its own in it, which no other reader and no dmesg changes.
type logReader struct {
	mu  sync.Mutex
	fd  int    // -1: it cannot be read
	own string // the agent's last line in it
}

// openLog opens the kernel's log at its end.
func openLog() *logReader {
	fd, err := unix.Open("/dev/kmsg", unix.O_RDONLY|unix.O_NONBLOCK|unix.O_CLOEXEC, 0)
	if err != nil {
		return &logReader{fd: -1}
	}
	if _, err := unix.Seek(fd, 0, unix.SEEK_END); err != nil {
		unix.Close(fd)
		return &logReader{fd: -1}
	}
	return &logReader{fd: fd}
}

// mostRecords is how many records of the log are passed over, at most. Then it counts as one
// that has more, and the next call goes on.
const mostRecords = 10000

// silent passes over what the kernel has logged, and reports whether that was nothing but
// the agent's own line.
func (l *logReader) silent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.fd < 0 {
		return false
	}
	record := make([]byte, 8<<10) // CONSOLE_EXT_LOG_MAX of kernel/printk
	silent := true
	for range mostRecords {
		n, err := unix.Read(l.fd, record)
		switch {
		case err == unix.EAGAIN:
			return silent
		case err == nil && l.own != "" && bytes.Contains(record[:n], []byte(l.own)), err == unix.EINTR:
		case err == nil, err == unix.EPIPE: // EPIPE: records were overwritten that nobody has read
			silent = false
		default:
			return false
		}
	}
	return false
}

// write adds a line. The file is opened each time, because the kernel takes only ten lines in
// five seconds through one open file (devkmsg_write of kernel/printk/printk.c).
func (l *logReader) write(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.own = line
	return os.WriteFile("/dev/kmsg", []byte(alert+line+"\n"), 0)
}

// mark writes a line to the kernel's log, where the kernel is the machine's own, unless it is
// silent: to print the line and to wait for it takes longer than to look.
func (a *agent) mark(_ context.Context, args wire.Mark) (wire.MarkResult, error) {
	switch {
	case a.shared:
		return wire.MarkResult{}, nil
	case a.log.silent():
		return wire.MarkResult{Silent: true}, nil
	}
	return wire.MarkResult{Written: a.log.write("bpflab: "+args.Text) == nil}, nil
}
