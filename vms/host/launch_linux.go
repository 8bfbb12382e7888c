package host

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/child"
)

// newHere are the namespaces that the agent enters as it starts.
//
//   - mounts: pins live in a bpffs that goes with its last process.
//   - network: programs that netlink attaches (XDP, tc) stay on their interface
//     after the agent; here the interface goes too. Labs need no interface of
//     the host's: a machine of QEMU's has none but loopback either.
//   - host name, and System V IPC and message queues: they would stay.
const newHere = unix.CLONE_NEWNS | unix.CLONE_NEWNET | unix.CLONE_NEWUTS | unix.CLONE_NEWIPC

// launch starts the agent as PID 1 of a PID namespace, whose processes the
// kernel kills when the agent ends. It kills the agent when the thread that has
// started it ends, so that thread waits for the agent; when this process dies,
// all its threads do.
func launch(cmd *exec.Cmd, stderr *os.File) (*child.Process, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Cloneflags: unix.CLONE_NEWPID, Unshareflags: newHere}
	type outcome struct {
		process *child.Process
		err     error
	}
	started := make(chan outcome)
	go func() {
		runtime.LockOSThread() // for good: the thread has lost capabilities
		if err := renounce(); err != nil {
			stderr.Close()
			started <- outcome{nil, err}
			return
		}
		p, err := child.Start(cmd, stderr)
		started <- outcome{p, err}
		if err == nil {
			<-p.Done()
		}
	}()
	o := <-started
	return o.process, o.err
}

// withheld are the capabilities that could change the host permanently and that no
// namespace restricts: to set the clock, to stop or restart the host, and to load modules.
var withheld = map[string]uintptr{
	"CAP_SYS_TIME":   unix.CAP_SYS_TIME,
	"CAP_SYS_BOOT":   unix.CAP_SYS_BOOT,
	"CAP_SYS_MODULE": unix.CAP_SYS_MODULE,
}

// renounce removes them from all that this thread executes.
func renounce() error {
	for name, number := range withheld {
		if err := unix.Prctl(unix.PR_CAPBSET_DROP, number, 0, 0, 0); err != nil {
			return fmt.Errorf("drop %s: %w", name, err)
		}
	}
	return nil
}
