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

// portWait is how long a virtio console may take to its first port. The host announces
// ports and their names by messages, which come after the driver has taken the device.
const portWait = 5 * time.Second

// openPort opens the machine's virtio port, which is some hundred times faster
// than a UART. Without an error and without a port, the machine has none or
// its kernel has no driver for it.
func openPort() (*os.File, error) {
	for until := time.Now().Add(portWait); ; time.Sleep(time.Millisecond) {
		dir, others, err := findPort("/sys/class/virtio-ports/*")
		switch {
		case err != nil:
			return nil, err
		case dir != "":
			return openQuiet(filepath.Join("/dev", filepath.Base(dir)))
		case others || !hasConsole("/sys/bus/virtio/devices/*") || time.Now().After(until):
			return nil, nil
		}
	}
}

// findPort returns the directory of the agent's port among those that a pattern matches,
// and reports whether there are ports with other names: then it will not come.
func findPort(pattern string) (dir string, others bool, err error) {
	ports, err := filepath.Glob(pattern)
	for _, dir := range ports {
		name, err := os.ReadFile(filepath.Join(dir, "name"))
		switch text := strings.TrimSpace(string(name)); {
		case err != nil || text == "":
		case text == portName:
			return dir, false, nil
		default:
			others = true
		}
	}
	return "", others, err
}

// hasConsole reports whether one of the virtio devices that a pattern matches is a
// console (device 3 of the virtio specification) that a driver has taken.
func hasConsole(pattern string) bool {
	devices, _ := filepath.Glob(pattern)
	for _, dir := range devices {
		id, err := os.ReadFile(filepath.Join(dir, "device"))
		if err != nil || strings.TrimSpace(string(id)) != "0x0003" {
			continue
		}
		if _, err := os.Stat(filepath.Join(dir, "driver")); err == nil {
			return true
		}
	}
	return false
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
