// Package command runs commands in machines: it sends the files, streams input and
// output, passes signals on, brings files back, and says how the command ended.
//
// Whatever happens after a command has begun counts as its own doing, even if the machine
// panics, reboots or hangs; what happens before counts as the machine's failure,
// as does too little memory for bpflab's agent.
package command

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// Command is what runs in a machine.
type Command struct {
	Argv     []string
	Env      []string // added to the machine's, "K=V"
	Dir      string   // "" is the machine's /
	Root     string   // its root directory in the machine, "" is the machine's
	Files    *bundle.Files
	Stdin    io.Reader // nil is nothing
	Stdout   io.Writer
	Stderr   io.Writer
	Limit    int            // see wire.Exec
	Terminal *wire.Terminal // it runs on a terminal of this size
	Signals  <-chan string  // "SIGINT": passed on to all its processes; nil for none
	Resizes  <-chan wire.Terminal
	Timeout  time.Duration // 0 is for ever: then it is sent SIGQUIT, and killed after Grace
}

// Grace is how long a command may take to end once it was asked to.
const Grace = 5 * time.Second

// Outcome is how a command ended.
type Outcome struct {
	Exit     int    // its status; as in a shell, 128 + N if signal N killed it
	Signal   string // "SIGKILL"
	Core     bool   // its core dump is in wire.Cores
	OOM      int    // how many processes the kernel killed for want of memory meanwhile
	Error    string // why it could not be started
	TimedOut bool
	Crash    *vms.Crash // the machine died of it, or hangs
	Hang     bool
	Broken   *wire.ProtocolError // something other than bpflab's agent wrote to the agent's stream
	Seconds  float64
}

// Exit statuses besides those of commands.
const (
	ExitTimeout = 124 // as timeout(1)
	ExitDeath   = 1   // the machine died
)

// Send stores the files in the machine.
func Send(ctx context.Context, s *session.Session, root string, files *bundle.Files) error {
	if files == nil || files.Empty() {
		return nil
	}
	r, w := io.Pipe()
	go func() { w.CloseWithError(files.Tar(w)) }()
	defer r.Close()
	err := s.Call(ctx, wire.OpUnpack, wire.Unpack{Root: root}, nil, wire.IO{In: r})
	var fault *wire.Fault
	if !errors.As(err, &fault) {
		return err
	}
	if !strings.Contains(fault.Msg, "no space left") {
		return fmt.Errorf("the machine cannot store the files: %s", fault.Msg)
	}
	name, size := files.Largest()
	return fmt.Errorf("the files, %d MiB, of them %s %d MiB, do not fit into the machine: give it more memory: --mem", files.Size()>>20, name, size>>20)
}

// Run runs a command to its end. The error is the machine's, or ctx's cause; one that
// occurred after the command had begun is marked as such (see [Begun]).
func Run(ctx context.Context, s *session.Session, c Command) (Outcome, error) {
	if err := Send(ctx, s, c.Root, c.Files); err != nil {
		return Outcome{}, err
	}
	r := &running{session: s, id: rand.Text()}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go r.pass(ctx, c)
	began := time.Now()
	var res wire.ExecResult
	args := wire.Exec{ID: r.id, Argv: c.Argv, Env: c.Env, Dir: c.Dir, Root: c.Root, Terminal: c.Terminal, Limit: c.Limit, Stdin: c.Stdin != nil}
	err := s.Call(ctx, wire.OpExec, args, &res, wire.IO{In: c.Stdin, Stdout: c.Stdout, Stderr: c.Stderr})
	out := Outcome{Exit: res.Exit, Signal: res.Signal, Core: res.Core, OOM: res.OOM, Error: res.Error, TimedOut: r.late.Load(), Seconds: time.Since(began).Seconds()}
	if err == nil {
		out.status()
		return out, nil
	}
	if errors.Is(err, vms.ErrMemory) {
		err = fmt.Errorf("%w; the kernel had %d MiB for the command, its files and itself: give the machine more, with --mem", err, s.Ready.Memory>>20)
	}
	return out, Begun(out.died(err))
}

// status combines exit status, signal and timeout into one number.
func (o *Outcome) status() {
	switch {
	case o.TimedOut:
		o.Exit = ExitTimeout
	case o.Signal != "":
		o.Exit = 128 + signalNumber(o.Signal)
	}
}

// died records the end of a machine that a running command has brought about. It returns
// every other error, also that of a machine with too little memory.
func (o *Outcome) died(err error) error {
	var crash *vms.Crash
	var broken *wire.ProtocolError
	switch {
	case errors.Is(err, vms.ErrMemory):
		return err
	case errors.As(err, &crash):
		o.Crash = crash
	case errors.Is(err, session.ErrHang):
		o.Hang = true
	case errors.As(err, &broken):
		o.Broken = broken
	default:
		return err
	}
	o.Exit = ExitDeath
	return nil
}

// OK reports whether the command ended with status 0.
func (o Outcome) OK() bool { return o.Exit == 0 && !o.Lost() }

// Lost reports whether the machine can no longer be used.
func (o Outcome) Lost() bool { return o.Crash != nil || o.Hang || o.Broken != nil }

// String returns how it ended, as a part of a sentence: "exit status 1".
func (o Outcome) String() string {
	if o.OOM > 0 && !o.OK() {
		return o.end() + "; " + session.OOMNote(o.OOM) + ": give the machine more, with --mem"
	}
	return o.end()
}

func (o Outcome) end() string {
	switch {
	case o.Crash != nil && errors.Is(o.Crash, vms.ErrGone):
		return "the machine powered off or rebooted while it ran"
	case o.Crash != nil:
		return "the machine died: " + o.Crash.Error()
	case o.Hang:
		return "the machine hangs: its agent fell silent"
	case o.Broken != nil:
		return "it broke the stream of bpflab's agent: " + o.Broken.Error()
	case o.TimedOut:
		return "timed out"
	case o.Error != "":
		return o.Error
	case o.Signal != "" && o.Core:
		return "killed by " + o.Signal + " (core dumped)"
	case o.Signal != "":
		return "killed by " + o.Signal
	}
	return fmt.Sprintf("exit status %d", o.Exit)
}

// Plain reports whether the command ended by itself, with a status of its own.
func (o Outcome) Plain() bool {
	return !o.Lost() && !o.TimedOut && o.Signal == "" && o.Error == ""
}
