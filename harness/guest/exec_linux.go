package guest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/harness/wire"
)

// exec runs a command to its end, in a process group of its own that is
// killed whole when the call is given up.
func (a *agent) exec(ctx context.Context, req *wire.Request) (any, error) {
	var args wire.Exec
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if len(args.Argv) == 0 {
		return nil, &wire.Fault{Op: req.Op, Msg: "no command"}
	}
	cmd := command(ctx, args)
	cmd.Stdout, cmd.Stderr = req.Output(wire.Stdout), req.Output(wire.Stderr)
	if args.Stdin {
		cmd.Stdin = req.Data()
	}
	return a.run(cmd, args.Netns)
}

func command(ctx context.Context, args wire.Exec) *exec.Cmd {
	cmd := exec.CommandContext(ctx, args.Argv[0], args.Argv[1:]...)
	cmd.Env = append(os.Environ(), args.Env...)
	cmd.Dir = args.Dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second // for a grandchild that keeps the pipes open
	return cmd
}

func (a *agent) run(cmd *exec.Cmd, netns string) (wire.ExecResult, error) {
	start := func() error { return a.procs.start(cmd) }
	err := a.net.in(netns, start)
	if errors.Is(err, errNoNetns) {
		return wire.ExecResult{}, err
	}
	if err != nil {
		return notStarted(err), nil
	}
	err = cmd.Wait()
	a.procs.ended(cmd)
	return ended(cmd, err), nil
}

// notStarted uses the shell's exit codes: 127 not found, 126 not executable.
func notStarted(err error) wire.ExecResult {
	code := 126
	if errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist) {
		code = 127
	}
	return wire.ExecResult{Exit: code, Error: err.Error()}
}

func ended(cmd *exec.Cmd, err error) wire.ExecResult {
	res := wire.ExecResult{Exit: cmd.ProcessState.ExitCode(), PID: cmd.ProcessState.Pid()}
	if status, ok := cmd.ProcessState.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		res.Signal = unix.SignalName(status.Signal())
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		res.Error = err.Error()
	}
	return res
}
