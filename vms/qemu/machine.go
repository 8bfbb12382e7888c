package qemu

import (
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
)

// defaultMemory is what a machine gets if nobody says, in bytes.
const defaultMemory = 256 << 20

// Start boots a machine.
func (p *Provider) Start(ctx context.Context, want vms.Spec) (vms.Machine, error) {
	caps, err := p.Caps(ctx)
	if err != nil {
		return nil, err
	}
	initrd, err := p.initramfs(ctx, want)
	if err != nil {
		return nil, err
	}
	s := spec{kernel: want.Kernel, initrd: initrd, memory: want.Memory, cpus: max(1, want.CPUs), accel: caps.Accelerator}
	if s.memory == 0 {
		s.memory = defaultMemory
	}
	m, err := launch(p.options.Binary, arguments(s), filepath.Join(want.Dir, "console.log"))
	if err != nil {
		return nil, failed(err)
	}
	context.AfterFunc(ctx, func() { m.Close() })
	return m, nil
}

// machine is one QEMU process.
type machine struct {
	cmd     *exec.Cmd
	stream  net.Conn
	console *console
	started time.Time
	stderr  strings.Builder // what QEMU says itself; read after done

	closing sync.Once
	closed  chan struct{} // Close was called
	done    chan struct{} // the process is gone and the console is written
	err     error         // why; set before done is closed
}

// launch starts QEMU with one end of two socket pairs; nothing of a machine
// has a name on the host but its console log.
func launch(binary string, args []string, log string) (*machine, error) {
	consoleHost, consoleGuest, err := pair()
	if err != nil {
		return nil, err
	}
	defer consoleGuest.Close()
	stream, streamGuest, err := pair()
	if err != nil {
		consoleHost.Close()
		return nil, err
	}
	defer streamGuest.Close()
	m := &machine{stream: stream, closed: make(chan struct{}), done: make(chan struct{}), started: time.Now()}
	if m.console, err = keepConsole(consoleHost, log); err != nil {
		stream.Close()
		return nil, err
	}
	m.cmd = exec.Command(binary, args...)
	m.cmd.ExtraFiles = []*os.File{consoleGuest, streamGuest}
	m.cmd.Stderr = &m.stderr
	if err := m.run(); err != nil {
		stream.Close()
		m.console.wait()
		return nil, fmt.Errorf("%s: %w", binary, err)
	}
	return m, nil
}

// pair is a connected pair of sockets: a connection for this process and a
// file for the child.
func pair() (net.Conn, *os.File, error) {
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	ours, theirs := os.NewFile(uintptr(fds[0]), "host"), os.NewFile(uintptr(fds[1]), "guest")
	defer ours.Close()
	conn, err := net.FileConn(ours)
	if err != nil {
		theirs.Close()
		return nil, nil, fmt.Errorf("socket pair: %w", err)
	}
	return conn, theirs, nil
}

func (m *machine) Stream() io.ReadWriteCloser { return m.stream }
func (m *machine) Console() string            { return m.console.path }
func (m *machine) StartKind() string          { return "boot" }
func (m *machine) Started() time.Time         { return m.started }
func (m *machine) Done() <-chan struct{}      { return m.done }

func (m *machine) Err() error {
	select {
	case <-m.done:
		return m.err
	default:
		return nil
	}
}

// Close kills the machine and waits until it is gone.
func (m *machine) Close() error {
	m.closing.Do(func() {
		close(m.closed)
		m.cmd.Process.Kill()
		m.stream.Close()
	})
	<-m.done
	return nil
}

// ended finds out why the process has ended.
func (m *machine) ended(wait error) error {
	select {
	case <-m.closed:
		return nil
	default:
	}
	tail := m.console.tail()
	if splat := vms.Splat(tail); splat != "" {
		return &vms.Crash{Reason: vms.ErrPanic, Splat: splat}
	}
	if wait == nil && strings.Contains(string(tail), "reboot: Power down") {
		return nil
	}
	return &vms.Crash{Reason: vms.ErrGone, Splat: strings.TrimSpace(m.stderr.String() + lastLine(tail))}
}

func lastLine(text []byte) string {
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	return lines[len(lines)-1]
}
