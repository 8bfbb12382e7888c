//go:build unix

package child

import (
	"os/exec"
	"syscall"
)

// Apart keeps the terminal's Ctrl-C away from a command, so that bpflab ends it itself.
func Apart(cmd *exec.Cmd) {
	if cmd.SysProcAttr == nil {
		cmd.SysProcAttr = &syscall.SysProcAttr{}
	}
	cmd.SysProcAttr.Setpgid = true
}
