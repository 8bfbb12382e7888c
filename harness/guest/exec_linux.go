package guest

import (
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
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
	if err := a.roots.prepare(args.Root); err != nil {
		return nil, &wire.Fault{Op: req.Op, Msg: "root directory: " + err.Error()}
	}
	cmd, err := command(ctx, args)
	if err != nil {
		return notStarted(err), nil
	}
	if args.Terminal != nil {
		return a.execTerminal(cmd, args, req)
	}
	cmd.Stdout, cmd.Stderr = req.Output(wire.Stdout), req.Output(wire.Stderr)
	if args.Stdin {
		in, err := cmd.StdinPipe()
		if err != nil {
			return nil, err
		}
		go func() { // not waited for: the host may have more to say than the command hears
			io.Copy(in, req.Data())
			in.Close()
		}()
	}
	return a.run(cmd, args, nil)
}

func command(ctx context.Context, args wire.Exec) (*exec.Cmd, error) {
	path, err := lookup(args)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, args.Argv[1:]...)
	cmd.Args[0] = args.Argv[0]
	cmd.Env = append(os.Environ(), args.Env...)
	cmd.Dir = args.Dir
	if args.Root != "" && cmd.Dir == "" {
		cmd.Dir = "/"
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Chroot: args.Root}
	cmd.Cancel = func() error { return unix.Kill(-cmd.Process.Pid, unix.SIGKILL) }
	cmd.WaitDelay = 2 * time.Second // for a grandchild that keeps the pipes open
	return cmd, nil
}

// lookup finds the command in its PATH, below its root.
func lookup(args wire.Exec) (string, error) {
	name := args.Argv[0]
	if strings.Contains(name, "/") {
		return name, nil
	}
	path := os.Getenv("PATH")
	for _, e := range args.Env {
		if value, ok := strings.CutPrefix(e, "PATH="); ok {
			path = value
		}
	}
	for _, dir := range filepath.SplitList(path) {
		file := filepath.Join(dir, name)
		if info, err := os.Stat(filepath.Join(args.Root, file)); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return file, nil
		}
	}
	return "", &exec.Error{Name: name, Err: exec.ErrNotFound}
}

// run starts a command and waits for its end. started, which may be nil, is called
// in between.
func (a *agent) run(cmd *exec.Cmd, args wire.Exec, started func()) (wire.ExecResult, error) {
	killed := oomKills()
	start := func() error { return a.procs.start(cmd) }
	done, err := a.running.start(args.ID, func() error { return a.net.in(args.Netns, start) }, cmd)
	if errors.Is(err, errNoNetns) {
		return wire.ExecResult{}, err
	}
	if err != nil {
		return notStarted(err), nil
	}
	defer done()
	if args.Limit > 0 {
		limit(cmd.Process.Pid, args.Limit)
	}
	if started != nil {
		started()
	}
	err = cmd.Wait()
	a.procs.ended(cmd)
	if args.Terminal == nil {
		a.groups.add(cmd.Process.Pid)
	}
	res := ended(cmd, err)
	if !a.shared { // the count is of all that the kernel runs
		res.OOM = oomKills() - killed
	}
	return res, nil
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
		res.Signal, res.Core = unix.SignalName(status.Signal()), status.CoreDump()
	}
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) && !errors.Is(err, exec.ErrWaitDelay) {
		res.Error = err.Error()
	}
	return res
}
