package multipass

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/child"
)

// command is the multipass program.
type command struct{ binary string }

// failure is a subcommand that did not end with 0.
type failure struct {
	verb string // "launch"
	said string // what multipass wrote to standard error, on one line; may be empty
	err  error  // how it ended
}

func (e *failure) Error() string {
	if e.said == "" {
		return fmt.Sprintf("multipass %s: %v, without a word", e.verb, e.err)
	}
	return e.said
}

func (e *failure) Unwrap() error { return e.err }

// killDelay is how long the output of a killed command is waited for.
const killDelay = 5 * time.Second

// command returns the program with arguments. It does not get the terminal's Ctrl-C,
// because bpflab has to undo what it began.
func (c command) command(ctx context.Context, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, c.binary, args...)
	cmd.WaitDelay = killDelay
	child.Apart(cmd)
	return cmd
}

// run runs a subcommand to its end and returns its output. Errors are ctx's, if
// that has ended, or *failure.
func (c command) run(ctx context.Context, in io.Reader, args ...string) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	var out, said tail
	cmd := c.command(ctx, args...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, &out, &said
	err := cmd.Run()
	return string(out.bytes), c.explain(ctx, args[0], err, said)
}

// explain makes a subcommand's error of how it ended.
func (c command) explain(ctx context.Context, verb string, err error, said tail) error {
	switch {
	case err == nil:
		return nil
	case ctx.Err() != nil:
		return fmt.Errorf("multipass %s: %w", verb, ctx.Err())
	case errors.Is(err, exec.ErrNotFound), errors.Is(err, os.ErrNotExist):
		return &notInstalled{c.binary}
	}
	return &failure{verb: verb, said: oneLine(string(said.bytes)), err: err}
}

// notInstalled is a host without the multipass command.
type notInstalled struct{ binary string }

func (e *notInstalled) Error() string { return e.binary + " is not installed" }

// oneLine joins lines, as an error message shows them.
func oneLine(text string) string {
	var lines []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			lines = append(lines, strings.TrimSuffix(line, "."))
		}
	}
	return strings.Join(lines, ": ")
}

// keepOutput is how much of a command's output is kept, in bytes: the end of it.
const keepOutput = 1 << 20

// tail keeps the end of what is written to it.
type tail struct{ bytes []byte }

func (t *tail) Write(p []byte) (int, error) {
	t.bytes = append(t.bytes, p...)
	if extra := len(t.bytes) - keepOutput; extra > 0 {
		t.bytes = append(t.bytes[:0], t.bytes[extra:]...)
	}
	return len(p), nil
}
