package guest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/guest/earlymount"
	"github.com/bpflab/bpflab/harness/probe"
)

// Init runs as main of PID 1: it makes the machine usable, serves calls on the
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
	runtime.GOMAXPROCS(runtime.GOMAXPROCS(0)) // else Go counts its processors again each second
	debug.SetMemoryLimit(probe.Memory() / 2)  // the rest is the kernel's, above all its verifier's
	os.Clearenv()
	for k, v := range environment {
		os.Setenv(k, v)
	}
	v := readVariant()
	if err := mountAll(v.hierarchies); err != nil {
		return err
	}
	v.apply()
	if err := errors.Join(keepCores(), unlimitedCores(), expediteGracePeriods()); err != nil {
		complain(err)
	}
	stream, err := openStream()
	if err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		fmt.Fprintln(os.Stderr, "bpflab agent:", err)
	}
	return prepareAndServe(stream, v)
}

var environment = map[string]string{
	"PATH": "/bin:/sbin:/usr/bin:/usr/sbin",
	"HOME": "/root",
	"TERM": "linux",
}

// hostStream is where the host hears the agent from its first frame on.
type hostStream struct {
	io.ReadWriter
	port bool // a virtio port, of which the driver is loaded already
}

// streamPort on the kernel's command line makes the virtio port the agent's only stream.
const streamPort = "virtio"

// openStream opens the stream that the kernel's command line names: the virtio port, which
// needs modules, or a tty, which it makes transparent for bytes.
func openStream() (hostStream, error) {
	path, err := parameter("bpflab.stream")
	if err != nil {
		return hostStream{}, err
	}
	if path != streamPort {
		tty, err := openTTY(path)
		return hostStream{tty, false}, err
	}
	problem := loadModules()
	port, err := openPort()
	if port == nil {
		return hostStream{}, errors.Join(errors.New("the kernel has no driver for the virtio port that is the host's stream"), err, problem)
	}
	if problem != nil {
		complain(problem)
	}
	return hostStream{port, true}, nil
}

func openTTY(path string) (io.ReadWriter, error) {
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

// parameter returns what the kernel's command line says of name.
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
