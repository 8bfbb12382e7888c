package guest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// portName is what the host calls the virtio port of the agent.
const portName = "bpflab"

// openPort opens the machine's virtio port, which is some hundred times faster
// than a UART. Without an error and without a port, the machine has none or
// its kernel has no driver for it.
func openPort() (*os.File, error) {
	ports, err := filepath.Glob("/sys/class/virtio-ports/*")
	if err != nil {
		return nil, err
	}
	for _, dir := range ports {
		name, err := os.ReadFile(filepath.Join(dir, "name"))
		if err != nil || strings.TrimSpace(string(name)) != portName {
			continue
		}
		return openQuiet(filepath.Join("/dev", filepath.Base(dir)))
	}
	return nil, nil
}

// openQuiet opens the port so that its reads wait in the kernel: the runtime's
// poller would have to be asked about each.
func openQuiet(path string) (*os.File, error) {
	for range 100 {
		fd, err := unix.Open(path, unix.O_RDWR|unix.O_CLOEXEC, 0)
		if err == nil {
			return os.NewFile(uintptr(fd), path), nil
		}
		if !errors.Is(err, unix.ENOENT) {
			return nil, &os.PathError{Op: "open", Path: path, Err: err}
		}
		time.Sleep(time.Millisecond) // devtmpfs makes the file a little later
	}
	return nil, &os.PathError{Op: "open", Path: path, Err: unix.ENOENT}
}
