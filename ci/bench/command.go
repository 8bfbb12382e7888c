package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// usage is what a command took, with all processes that it started and waited
// for.
type usage struct {
	wall time.Duration // from start to exit
	cpu  time.Duration // of all cores, in user mode and in the kernel
}

// bpflab runs the binary with the arguments, results in a directory that is
// removed. An exit status other than 0 is an error. While it runs, watch (nil:
// nobody) is called again and again with its process.
func (b *bench) bpflab(ctx context.Context, watch func(pid int), args ...string) (usage, error) {
	dir, err := os.MkdirTemp(b.dir, "results-")
	if err != nil {
		return usage{}, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.CommandContext(ctx, b.binary, append(args, "--dir", dir)...)
	return timed(cmd, watch)
}

// bpflabExec runs the binary with arguments that end with a command, and needs no
// directory for results.
func (b *bench) bpflabExec(ctx context.Context, watch func(pid int), args []string) (usage, error) {
	return timed(exec.CommandContext(ctx, b.binary, args...), watch)
}

// timed runs a command of exec.CommandContext to its end. The error has the last line that it wrote on
// standard error.
func timed(cmd *exec.Cmd, watch func(pid int)) (usage, error) {
	var said bytes.Buffer
	cmd.Stderr = &said
	defer politely(cmd)()
	began := time.Now()
	if err := cmd.Start(); err != nil {
		return usage{}, err
	}
	stop := regularly(func() { watchProcess(watch, cmd.Process.Pid) })
	err := cmd.Wait()
	wall := time.Since(began)
	stop()
	if err != nil {
		return usage{}, fmt.Errorf("%s: %w: %s", filepath.Base(cmd.Path), err, lastLine(said.String()))
	}
	return usage{wall, cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()}, nil
}

// politely interrupts a command whose context ends, so that it can clean up, and kills it if
// it does not end; finish then kills what is left of its process group. The terminal's
// Ctrl-C reaches the group only through this process.
func politely(cmd *exec.Cmd) (finish func()) {
	cancelled := false
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if cmd.WaitDelay == 0 {
		cmd.WaitDelay = 15 * time.Second
	}
	cmd.Cancel = func() error {
		cancelled = true
		return syscall.Kill(-cmd.Process.Pid, syscall.SIGINT)
	}
	return func() {
		if cancelled {
			syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		}
	}
}

func watchProcess(watch func(pid int), pid int) {
	if watch != nil {
		watch(pid)
	}
}

// sampling is how often a command is watched.
const sampling = 200 * time.Millisecond

// regularly calls do until stop is called, which returns when do has.
func regularly(do func()) (stop func()) {
	ended, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		tick := time.NewTicker(sampling)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				do()
			}
		}
	}()
	return func() { close(ended); <-stopped }
}

// lastLine returns the last line that is not empty.
func lastLine(text string) string {
	text = strings.TrimSpace(text)
	return text[strings.LastIndexByte(text, '\n')+1:]
}
