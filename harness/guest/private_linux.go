package guest

import (
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/guest/earlymount"
	"github.com/bpflab/bpflab/vms/wire"
)

// ServePrivate answers calls as Serve does, on a kernel that others use too.
// Its process is PID 1 of namespaces of its own (mounts, processes, network,
// host name, IPC) which a provider has made. What it mounts, makes and starts
// goes with it; the host's files and settings it cannot change by accident. Nor
// does it set the clock or the host name, or power anything off.
func ServePrivate(stream io.ReadWriter) error {
	if os.Getpid() != 1 {
		return errors.New("a private agent is started by a provider, as PID 1 of namespaces of its own")
	}
	if err := seclude(); err != nil {
		return err
	}
	agent := newAgent(newReaper())
	agent.shared = true
	return serve(stream, agent)
}

// refused returns the answer to a call that is not made on a shared kernel.
func refused(op, why string) error {
	return &wire.Fault{Op: op, Code: "unsupported", Msg: why}
}

// ownFilesystems are what a private machine has for itself, above the fresh
// /proc and /sys that it has from earlymount. Control groups and tracing are
// the kernel's, in whichever namespace they are mounted.
var ownFilesystems = []filesystem{
	{"tmpfs", "/tmp", false},
	{"tmpfs", "/run", true},
	{"tmpfs", "/var/tmp", true},
	{"tmpfs", "/dev/shm", true},
	{"bpf", "/sys/fs/bpf", true},
	{"cgroup2", "/sys/fs/cgroup", true},
	{"debugfs", "/sys/kernel/debug", true},
	{"tracefs", "/sys/kernel/tracing", true},
}

// spared is what commands, which are root, must not change: it would stay. The
// settings below /proc/sys/net are the network namespace's own.
var spared = []string{"/proc/sys", "/proc/sysrq-trigger", "/sys", "/sys/fs/cgroup", "/sys/kernel/debug"}

// seclude gives this process, in its mount namespace, file systems of its own
// and makes those of the host read-only.
func seclude() error {
	if earlymount.Err != nil {
		return fmt.Errorf("mount /proc and /sys: %w", earlymount.Err)
	}
	if err := freezeFiles(); err != nil {
		return fmt.Errorf("make the host's files read-only: %w", err)
	}
	for _, fs := range ownFilesystems {
		if err := fs.mount(); err != nil && !fs.optional {
			return fmt.Errorf("mount %s on %s: %w", fs.kind, fs.dir, err)
		}
	}
	if err := spare(); err != nil {
		return err
	}
	if err := loopbackUp(); err != nil {
		complain(err)
	}
	return nil
}

// freezeFiles makes all there is read-only but /proc. Devices can be written.
func freezeFiles() error {
	err := unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY})
	if err == unix.ENOSYS {
		complain(errors.New("the host's files can be written: to make all read-only at once takes Linux 5.12"))
		return nil
	}
	if err != nil {
		return err
	}
	return unix.MountSetattr(unix.AT_FDCWD, "/proc", 0, &unix.MountAttr{Attr_clr: unix.MOUNT_ATTR_RDONLY})
}

// spare makes what is spared read-only. Each is bound to itself first, with
// what is mounted below it: only a mount can be.
func spare() error {
	for _, path := range append([]string{"/proc/sys/net"}, spared...) {
		err := unix.Mount(path, path, "", unix.MS_BIND|unix.MS_REC, "")
		if err == nil && path != "/proc/sys/net" {
			err = unix.Mount("", path, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
		}
		if err != nil && err != unix.ENOENT {
			return fmt.Errorf("make %s read-only: %w", path, err)
		}
	}
	return nil
}
