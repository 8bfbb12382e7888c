package guest

import (
	"errors"
	"fmt"
	"os"

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
	{"cgroup2", "/sys/fs/cgroup", true},
	{"debugfs", "/sys/kernel/debug", true},
	{"tracefs", "/sys/kernel/tracing", true},
}

func mountAll() error {
	for _, fs := range filesystems {
		err := fs.mount()
		if err != nil && !fs.optional {
			return fmt.Errorf("mount %s on %s: %w", fs.kind, fs.dir, err)
		}
	}
	return nil
}

func (fs filesystem) mount() error {
	if err := os.MkdirAll(fs.dir, 0o755); err != nil && !errors.Is(err, os.ErrExist) {
		return err
	}
	err := unix.Mount(fs.kind, fs.dir, fs.kind, 0, "")
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
	return "", errors.New("no tracefs: the kernel has no CONFIG_TRACING, or it is not mounted")
}
