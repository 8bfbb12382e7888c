package child

import (
	"os/exec"
	"syscall"
)

// apart keeps the terminal's Ctrl-C away from a command until we clean up.
func apart(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.CreationFlags |= syscall.CREATE_NEW_PROCESS_GROUP
}
