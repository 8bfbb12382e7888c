package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/wire"
)

// terminal is this process's: what a shell in a machine runs on.
type terminal struct{ in, out *os.File }

// onTerminal returns the terminal that the streams are, or an error.
func onTerminal(std streams) (terminal, error) {
	i, ok := std.in.(*os.File)
	o, too := std.out.(*os.File)
	if !ok || !too || !isTerminal(i) || !isTerminal(o) {
		return terminal{}, usageError{fmt.Errorf("standard input and output are no terminal: run commands with bpflab exec")}
	}
	return terminal{i, o}, nil
}

func (t terminal) size() wire.Terminal {
	cols, rows, err := term.GetSize(int(t.out.Fd()))
	if err != nil {
		cols, rows = 80, 24
	}
	return wire.Terminal{Rows: uint16(rows), Cols: uint16(cols)}
}

// run runs a command on this terminal until it ends.
func (t terminal) run(ctx context.Context, s *session.Session, c command.Command) (command.Outcome, error) {
	input, err := cancelreader.NewReader(t.in)
	if err != nil {
		return command.Outcome{}, err
	}
	defer input.Close()
	defer input.Cancel()
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return command.Outcome{}, err
	}
	defer term.Restore(int(t.in.Fd()), before)
	sizes := make(chan wire.Terminal, 1)
	changed := make(chan os.Signal, 1)
	notifyResize(changed)
	defer signal.Stop(changed)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for {
			select {
			case <-changed:
				sizes <- t.size()
			case <-ctx.Done():
				return
			}
		}
	}()
	size := t.size()
	c.Terminal, c.Resizes, c.Stdin, c.Stdout = &size, sizes, input, t.out
	if name := os.Getenv("TERM"); name != "" {
		c.Env = append(c.Env, "TERM="+name)
	}
	return command.Run(ctx, s, c)
}

// shell opens a shell in a machine, with bpftool where this machine has one.
func (t terminal) shell(ctx context.Context, s *session.Session, c command.Command, name string) (command.Outcome, error) {
	if c.Files == nil {
		c.Files = &bundle.Files{}
	}
	if c.Dir == "" && c.Root == "" {
		c.Dir = "/root"
	}
	if s.Ready.Machine == kernel.HostArch().Machine() {
		carryTool(c.Files, "bpftool")
	}
	c.Argv = []string{"/bin/sh"}
	c.Env = append([]string{"PS1=" + name + ":\\w# "}, c.Env...)
	return t.run(ctx, s, c)
}

// carryTool adds a tool of this machine, if it has one that can be carried.
func carryTool(files *bundle.Files, name string) {
	for _, path := range []string{name, filepath.Join("/usr/sbin", name), filepath.Join("/usr/local/sbin", name)} {
		if found, err := exec.LookPath(path); err == nil {
			if files.Program(found) == nil {
				files.AddAs(found, "/usr/sbin/"+name)
			}
			return
		}
	}
}
