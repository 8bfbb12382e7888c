package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/signal"

	"github.com/muesli/cancelreader"
	"golang.org/x/term"

	"github.com/bpflab/bpflab/harness/workshop"
)

// lessonShell is the ID of the shell that the lesson opens: it is the same one again if
// it was left running.
const lessonShell = "lesson"

// leaveKey is Ctrl-], which leaves a shell running.
const leaveKey = 0x1d

// clearScreen is the escape sequence that clears a terminal.
const clearScreen = "\x1b[H\x1b[2J"

// attachShell shows a shell of the workspace's machine on this terminal until the shell
// ends or the user leaves it with Ctrl-].
func (t terminal) attachShell(ctx context.Context, ws *workshop.Workspace) error {
	fmt.Fprint(t.out, clearScreen, "Your machine. Ctrl-D ends the shell, Ctrl-] leaves it running.\n\n")
	shell, err := ws.Terminal(ctx, lessonShell, t.size())
	if err != nil {
		return err
	}
	input, err := cancelreader.NewReader(t.in)
	if err != nil {
		return err
	}
	defer input.Close()
	before, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return err
	}
	defer term.Restore(int(t.in.Fd()), before)
	typed, read := make(chan []byte, 64), make(chan struct{})
	go func() { readTyped(input, typed); close(read) }()
	go forward(typed, shell)
	defer func() { input.Cancel(); <-read }() // what is typed from now on is the lesson's
	return t.show(ctx, shell, read)
}

// readTyped reads typed text until the key that leaves, or until input is cancelled.
func readTyped(input cancelreader.CancelReader, typed chan<- []byte) {
	defer close(typed)
	for buf := make([]byte, 4096); ; {
		n, err := input.Read(buf)
		text, _, leave := bytes.Cut(buf[:n], []byte{leaveKey})
		if len(text) > 0 {
			select {
			case typed <- bytes.Clone(text):
			default: // the shell reads nothing
			}
		}
		if leave || err != nil {
			return
		}
	}
}

// forward passes typed text on to the shell. It may block for as long as the shell
// runs.
func forward(typed <-chan []byte, shell *workshop.Terminal) {
	for text := range typed {
		if shell.Input(text) != nil {
			return
		}
	}
}

// show shows the shell's output until the shell ends or left is closed.
func (t terminal) show(ctx context.Context, shell *workshop.Terminal, left <-chan struct{}) error {
	changed := make(chan os.Signal, 1)
	notifyResize(changed)
	defer signal.Stop(changed)
	shell.Resize(t.size()) // which may have changed before anybody listened
	kept, output, leave := shell.View()
	defer func() { leave() }()
	t.out.Write(kept)
	defer fmt.Fprint(t.out, "\r\n")
	for {
		select {
		case text, open := <-output:
			if !open && shell.Ended() != "" {
				return nil
			}
			if !open { // it wrote more than this terminal could take
				text, output, leave = shell.View()
			}
			t.out.Write(text)
		case <-changed:
			shell.Resize(t.size())
		case <-left:
			return nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}
