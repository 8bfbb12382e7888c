package guest

import (
	"errors"
	"fmt"
	"os"
	"slices"

	"golang.org/x/sys/unix"
)

// filesystem is one mount of a machine. An optional one may be missing from
// the kernel; a call that needs it reports that then.
type filesystem struct {
	kind, dir string
	optional  bool
}

var filesystems = []filesystem{
	{"devtmpfs", "/dev", false},
	{"tmpfs", "/tmp", false},
	{"tmpfs", "/run", false},
	{"devpts", "/dev/pts", true},
	{"tmpfs", "/dev/shm", true},
	{"bpf", "/sys/fs/bpf", true},
	{"debugfs", "/sys/kernel/debug", true},
	{"tracefs", "/sys/kernel/tracing", true},
}

// mountAll mounts them, and hierarchies of control groups.
func mountAll(hierarchies []filesystem) error {
	for _, fs := range slices.Concat(filesystems, hierarchies) {
		err := fs.mount()
		if err != nil && !fs.optional {
			return fmt.Errorf("mount %s on %s: %w", fs.kind, fs.dir, err)
		}
	}
	return nil
}

func (fs filesystem) mount() error { return fs.mountWith("") }

// mountWith mounts it with options.
func (fs filesystem) mountWith(options string) error {
	if err := os.MkdirAll(fs.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	err := unix.Mount(fs.kind, fs.dir, fs.kind, 0, options)
	if err == unix.EBUSY {
		return nil // mounted already
	}
	return err
}

// tracefs returns where the trace files are: in tracefs since 4.1, below debugfs before.
func tracefs() (string, error) {
	for _, dir := range []string{"/sys/kernel/tracing", "/sys/kernel/debug/tracing"} {
		if _, err := os.Stat(dir + "/trace_pipe"); err == nil {
			return dir, nil
		}
	}
	if checkLockdown("confidentiality") == nil {
		return "", errors.New("no tracefs: the kernel is locked down (confidentiality), which leaves it empty")
	}
	return "", errors.New("no tracefs: the kernel has no CONFIG_TRACING, or it is not mounted")
}
