package guest

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/guest/earlymount"
	"github.com/bpflab/bpflab/harness/wire"
)

// Init is main for PID 1: it makes the machine usable, serves calls on the
// stream that bpflab.stream= on the kernel's command line names, and powers
// the machine off when the host hangs up. It does not return.
func Init() {
	err := initMachine()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
	PowerOff()
}

func initMachine() error {
	if earlymount.Err != nil {
		return fmt.Errorf("mount /proc and /sys: %w", earlymount.Err)
	}
	os.Clearenv()
	for k, v := range environment {
		os.Setenv(k, v)
	}
	if err := mountAll(); err != nil {
		return err
	}
	stream, err := openStream()
	if err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
	if err := wire.Hello(stream); err != nil {
		return err
	}
	if err := loadModules(); err != nil {
		// what does not load is missed by those who need it
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
	stream, err = park(stream)
	if err != nil {
		return err
	}
	return serve(stream, newReaper())
}

// park waits to be woken and returns the stream for all that follows. Between
// the two the machine may have been copied.
func park(stream io.ReadWriteCloser) (io.ReadWriteCloser, error) {
	port, err := openPort()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
	wake, err := awaitWake(stream, port)
	if err != nil {
		return nil, err
	}
	if err := become(wake); err != nil {
		return nil, err
	}
	if port != nil {
		return port, nil
	}
	return stream, nil
}

func awaitWake(stream io.ReadWriter, port *os.File) (wire.Wake, error) {
	if port == nil {
		return wire.AwaitWake(stream, nil)
	}
	return wire.AwaitWake(stream, port)
}

var environment = map[string]string{
	"PATH": "/bin:/sbin:/usr/bin:/usr/sbin",
	"HOME": "/root",
	"TERM": "linux",
}

// Serve answers calls on a stream in a machine that somebody else booted,
// until the host hangs up. Such a machine has its own clock, name and entropy.
func Serve(stream io.ReadWriter) error {
	if err := wire.Hello(stream); err != nil {
		return err
	}
	if _, err := wire.AwaitWake(stream, nil); err != nil {
		return err
	}
	return serve(stream, noReaper{})
}

const beatEvery = time.Second

func serve(stream io.ReadWriter, procs starter) error {
	ready, err := describe()
	if err != nil {
		return err
	}
	agent := newAgent(procs)
	defer agent.close()
	return agent.server(stream).Serve(context.Background(), ready, beatEvery)
}

// openStream opens the port the kernel's command line names and makes a tty
// of it transparent for bytes.
func openStream() (io.ReadWriteCloser, error) {
	path, err := parameter("bpflab.stream")
	if err != nil {
		return nil, err
	}
	fd, err := unix.Open(path, unix.O_RDWR|unix.O_NOCTTY|unix.O_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("open the host's stream %s: %w", path, err)
	}
	if err := makeRaw(fd); err != nil && err != unix.ENOTTY {
		return nil, fmt.Errorf("set %s raw: %w", path, err)
	}
	return os.NewFile(uintptr(fd), path), nil
}

func makeRaw(fd int) error {
	t, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	if err != nil {
		return err
	}
	t.Iflag, t.Oflag, t.Lflag = 0, 0, 0
	t.Cflag = unix.CS8 | unix.CREAD | unix.CLOCAL | unix.B115200
	t.Cc[unix.VMIN], t.Cc[unix.VTIME] = 1, 0
	return unix.IoctlSetTermios(fd, unix.TCSETS, t)
}

func parameter(name string) (string, error) {
	line, err := os.ReadFile("/proc/cmdline")
	if err != nil {
		return "", err
	}
	for word := range strings.FieldsSeq(string(line)) {
		if v, ok := strings.CutPrefix(word, name+"="); ok {
			return v, nil
		}
	}
	return "", fmt.Errorf("no %s= on the kernel's command line", name)
}

// PowerOff ends the machine. It does not return.
func PowerOff() {
	unix.Sync()
	unix.Reboot(unix.LINUX_REBOOT_CMD_POWER_OFF)
	select {}
}

// lines reads a small text file's lines; a file that is not there has none.
func lines(path string) []string {
	f, err := os.Open(path)
	if err != nil {
		return nil
	}
	defer f.Close()
	var out []string
	for s := bufio.NewScanner(f); s.Scan(); {
		out = append(out, s.Text())
	}
	return out
}
