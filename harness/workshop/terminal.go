package workshop

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"regexp"
	"slices"
	"sync"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/command"
	"github.com/bpflab/bpflab/vms/wire"
)

// Terminal is a shell in a workspace's machine. It keeps running without a viewer, and
// keeps the end of its output for the next one.
type Terminal struct {
	ID string

	input  *io.PipeWriter
	sizes  chan wire.Terminal
	cancel context.CancelFunc

	mu      sync.Mutex
	kept    []byte
	viewers map[chan []byte]bool
	ended   string // how it ended, "" while it runs
}

// maxProcesses limits the processes of a machine's terminals, so that the agent can
// always work.
const maxProcesses = 300

// scrollback is how much of a terminal's output is kept, in bytes.
const scrollback = 128 << 10

var terminalID = regexp.MustCompile(`^[a-z0-9]{1,16}$`)

// Terminal returns the workspace's terminal with an ID, which consists of up to 16 of
// a-z and 0-9, and opens one if there is none. It starts the machine if necessary.
func (ws *Workspace) Terminal(ctx context.Context, id string, size wire.Terminal) (*Terminal, error) {
	if !terminalID.MatchString(id) {
		return nil, fmt.Errorf("invalid terminal ID %q: want up to 16 of a-z and 0-9", id)
	}
	ws.touch()
	if t := ws.Existing(id); t != nil {
		t.Resize(size)
		return t, nil
	}
	m, err := ws.machineForTerminal(ctx)
	if err != nil {
		return nil, err
	}
	return ws.openTerminal(m, id, size)
}

// Existing returns the workspace's terminal with an ID, or nil.
func (ws *Workspace) Existing(id string) *Terminal {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return ws.terminals[id]
}

// Terminals returns the IDs of the terminals that are running.
func (ws *Workspace) Terminals() []string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	return slices.Sorted(maps.Keys(ws.terminals))
}

// machineForTerminal returns the workspace's machine, which it starts if necessary. If
// there is a machine it does not wait for a running check.
func (ws *Workspace) machineForTerminal(ctx context.Context) (*machine, error) {
	for {
		if m := ws.current(); m != nil && m.alive.Err() == nil {
			return m, nil
		}
		m, err := ws.startForTerminal(ctx)
		if !errors.Is(err, errSuperseded) || ctx.Err() != nil {
			return m, err
		} // a check cancelled the start, and starts a machine itself
	}
}

func (ws *Workspace) startForTerminal(ctx context.Context) (*machine, error) {
	ctx, done, err := ws.lock.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer done()
	m, err := ws.ready(ctx)
	if err != nil && errors.Is(context.Cause(ctx), errSuperseded) {
		return nil, errSuperseded
	}
	return m, err
}

// Before returns why the machine before this one ended, in words for the student of a
// terminal that was open in it.
func (ws *Workspace) Before() string {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if ws.before == "" {
		return "bpflab was started again"
	}
	return "the machine before is gone: " + ws.before
}

// openTerminal starts a shell in the machine, unless the terminal exists by now.
func (ws *Workspace) openTerminal(m *machine, id string, size wire.Terminal) (*Terminal, error) {
	ws.mu.Lock()
	defer ws.mu.Unlock()
	if t := ws.terminals[id]; t != nil {
		return t, nil
	}
	if len(ws.terminals) >= ws.workshop.Limits.Terminals {
		return nil, fmt.Errorf("there are %d terminals, which is the limit: close one", len(ws.terminals))
	}
	ctx, cancel := context.WithCancel(m.alive)
	in, input := io.Pipe()
	t := &Terminal{ID: id, input: input, sizes: make(chan wire.Terminal, 1), cancel: cancel, viewers: map[chan []byte]bool{}}
	ws.terminals[id] = t
	go func() {
		t.run(ctx, m, in, size)
		ws.mu.Lock()
		defer ws.mu.Unlock()
		if ws.terminals[id] == t {
			delete(ws.terminals, id)
		}
	}()
	return t, nil
}

// run runs the shell until it exits.
func (t *Terminal) run(ctx context.Context, m *machine, in *io.PipeReader, size wire.Terminal) {
	defer t.cancel()
	defer in.Close()
	out, err := command.Run(ctx, m.session, command.Command{
		Argv: []string{"/bin/sh"}, Dir: HomeDir, Files: &bundle.Files{}, Stdin: in, Stdout: t, Terminal: &size, Resizes: t.sizes, Limit: maxProcesses,
		Env: []string{"TERM=xterm-256color", "HOME=/root", "PS1=" + m.session.Ready.Release + ":\\w# "},
	})
	text := out.String()
	switch why := m.why(); {
	case why != "":
		text = "the machine is gone: " + why
	case errors.Is(err, context.Canceled):
		text = "closed"
	case err != nil:
		text = err.Error()
	}
	t.finish(text)
}

// Write stores the shell's output and passes it on to the viewers.
func (t *Terminal) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.kept = append(t.kept, p...)
	if len(t.kept) > 2*scrollback {
		t.kept = slices.Clone(t.kept[len(t.kept)-scrollback:])
	}
	for v := range t.viewers {
		select {
		case v <- slices.Clone(p):
		default: // it does not keep up and has to view again
			delete(t.viewers, v)
			close(v)
		}
	}
	return len(p), nil
}

// View returns the terminal's latest output, and a channel of what follows. The channel
// is closed when the terminal ends, when the viewer does not keep up, or after leave.
func (t *Terminal) View() (kept []byte, output <-chan []byte, leave func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	ch := make(chan []byte, backlog)
	if t.ended != "" {
		close(ch)
		return slices.Clone(t.kept), ch, func() {}
	}
	t.viewers[ch] = true
	return slices.Clone(t.kept), ch, func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.viewers[ch] {
			delete(t.viewers, ch)
			close(ch)
		}
	}
}

// Ended returns how the terminal ended, or "" while it runs.
func (t *Terminal) Ended() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.ended
}

// Input passes typed text to the shell.
func (t *Terminal) Input(p []byte) error {
	_, err := t.input.Write(p)
	return err
}

// Resize sets the size of the shell's window.
func (t *Terminal) Resize(size wire.Terminal) {
	if size.Rows == 0 || size.Cols == 0 {
		return
	}
	select {
	case <-t.sizes: // an older size that the shell has not taken
	default:
	}
	select {
	case t.sizes <- size:
	default:
	}
}

// Close ends the shell and its processes.
func (t *Terminal) Close() { t.cancel() }

// finish notes how the shell ended and closes the viewers' channels.
func (t *Terminal) finish(how string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ended = how
	for v := range t.viewers {
		delete(t.viewers, v)
		close(v)
	}
}
