package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"time"
)

// served is `bpflab workshop` that serves a page.
type served struct {
	cmd   *exec.Cmd
	said  string
	began time.Time
}

// serve starts the command and waits until it has said where it is. Its results are in
// a directory of the bench's.
func (b *bench) serve(ctx context.Context, args ...string) (*served, error) {
	return b.serveWith(ctx, b.binary, args...)
}

// serveWith serves with a binary.
func (b *bench) serveWith(ctx context.Context, binary string, args ...string) (*served, error) {
	dir, err := os.MkdirTemp(b.dir, "workshop-")
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, binary, append([]string{"workshop", "--dir", dir}, args...)...)
	cmd.Cancel = func() error { return cmd.Process.Signal(syscall.SIGINT) }
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	s := &served{cmd: cmd, began: time.Now()}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	for lines := bufio.NewScanner(out); lines.Scan() && !strings.Contains(lines.Text(), "Ctrl-C"); {
		s.said += lines.Text() + "\n"
	}
	return s, nil
}

// end ends the command as Ctrl-C does.
func (s *served) end() {
	s.cmd.Process.Signal(syscall.SIGINT)
	s.cmd.Wait()
}

// find returns the first group of an expression in what the command said.
func (s *served) find(expression string) (string, error) {
	m := regexp.MustCompile(expression).FindStringSubmatch(s.said)
	if m == nil {
		return "", fmt.Errorf("bpflab workshop did not say where it is, but: %s", s.said)
	}
	return m[1], nil
}
