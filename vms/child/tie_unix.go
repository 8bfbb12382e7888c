//go:build unix

package child

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

// leash waits until nobody has the other end of its standard input, and kills its
// process group then.
const leash = `trap '' HUP INT TERM; read -r line; kill -KILL 0`

// Tie makes sure that a command, and all that it starts, is killed when this process
// ends, however it ends, and when the command's context ends. The caller calls untie
// once the command has ended, or could not be started; untie kills what the command
// has left running.
//
// PR_SET_PDEATHSIG does not suffice: it reaches only the child, and the go command's
// compilers and linkers are its own children. So the command is started in the
// process group of a shell that notices the end of this process by the end of a pipe.
func Tie(cmd *exec.Cmd) (untie func(), err error) {
	in, held, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	defer in.Close()
	guard := exec.Command("/bin/sh", "-c", leash)
	guard.Stdin = in
	guard.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := guard.Start(); err != nil {
		held.Close()
		return nil, fmt.Errorf("a process group for %s: %w", cmd.Path, err)
	}
	group := guard.Process.Pid
	kill := func() error { return syscall.Kill(-group, syscall.SIGKILL) }
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid, cmd.SysProcAttr.Pgid = true, group
	if cmd.Cancel != nil { // the command has a context
		cmd.Cancel = kill
	}
	return func() {
		kill()
		guard.Wait()
		held.Close()
	}, nil
}
