package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// standbyTime returns how long a command takes for which a standby holds a machine, in seconds;
// with the build before, which has no standby, how long it takes without.
func (b *bench) standbyTime(ctx context.Context, binary, kernel string) (float64, error) {
	command := exec.CommandContext(ctx, binary, "exec", "--kernel", kernel, "--", "uname", "-r")
	if binary == b.against {
		used, err := timed(command, nil)
		return used.wall.Seconds(), err
	}
	server := exec.CommandContext(ctx, binary, "standby", "--kernel", kernel)
	if err := server.Start(); err != nil {
		return 0, err
	}
	defer server.Wait()
	defer server.Process.Signal(syscall.SIGINT)
	if err := awaitStandby(ctx, binary); err != nil {
		return 0, err
	}
	command.Env = append(os.Environ(), "BPFLAB_STANDBY=")
	used, err := timed(command, nil)
	return used.wall.Seconds(), err
}

// standbyLimit is how long a standby may take to have a machine.
const standbyLimit = time.Minute

// awaitStandby waits until the standby has a machine that waits.
func awaitStandby(ctx context.Context, binary string) error {
	for until := time.Now().Add(standbyLimit); time.Now().Before(until); time.Sleep(sampling) {
		said, err := exec.CommandContext(ctx, binary, "standby", "--status").Output()
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if err == nil && strings.Contains(string(said), "waits, with") {
			return nil
		}
	}
	return errors.New("the standby has no machine")
}
