package child

import (
	"os/exec"
	"time"
)

// outputDelay is how long to wait for the output of a command that was killed.
const outputDelay = 5 * time.Second

// Run runs a command to its end, tied to this process (see Tie).
func Run(cmd *exec.Cmd) error {
	wait, err := Begin(cmd, (*exec.Cmd).Start)
	if err != nil {
		return err
	}
	return wait()
}

// Begin starts a command, tied to this process, by start, which is (*exec.Cmd).Start
// or calls it. The caller calls wait in place of cmd.Wait.
func Begin(cmd *exec.Cmd, start func(*exec.Cmd) error) (wait func() error, err error) {
	untie, err := Tie(cmd)
	if err != nil {
		return nil, err
	}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = outputDelay
	}
	if err := start(cmd); err != nil {
		untie()
		return nil, err
	}
	return func() error {
		err := cmd.Wait()
		untie()
		return err
	}, nil
}
