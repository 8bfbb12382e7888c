package lxd

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"
	"github.com/gorilla/websocket"

	"github.com/bpflab/bpflab/vms/console"
)

// openConsole opens the stream of a virtual machine that has been started: its
// first serial port, which LXD calls its console. The kernel's console is
// followed besides.
func (i *instance) openConsole(ctx context.Context, started time.Time, path string) (*machine, error) {
	log, w, err := consoleOf(path)
	if err != nil {
		return nil, err
	}
	ours, theirs := duplex()
	hangUp := make(chan bool)
	_, err = i.server.ConsoleInstance(i.name, api.InstanceConsolePost{Width: 80, Height: 24}, &lxd.InstanceConsoleArgs{
		Terminal: theirs, Control: ignore, ConsoleDisconnect: hangUp,
	})
	if err != nil {
		close(hangUp)
		w.Close()
		log.Wait()
		return nil, err
	}
	m := newMachine(i, started, ours, log)
	f := follower{instance: i, log: log, w: w, closed: m.Closing(), ended: theirs.gone}
	go m.see(func() error {
		defer close(hangUp)
		return f.follow()
	})
	return m, nil
}

// ignore reads the console's control connection, on which the server sends nothing, so
// that its pings are answered.
func ignore(conn *websocket.Conn) { conn.ReadMessage() }

// follower copies the kernel's console from the server.
type follower struct {
	instance *instance
	log      *console.Log
	w        io.WriteCloser
	seen     int64
	closed   <-chan struct{} // the machine is being closed
	ended    <-chan struct{} // the stream has ended
}

// pollEvery is how often to read the kernel's console from the server.
const pollEvery = time.Second

// answerLimit is how long the server may take to give out a log.
const answerLimit = 15 * time.Second

var errNoAnswer = errors.New("LXD does not answer")

// follow copies until the machine is closed, the stream has ended, or the kernel
// has panicked. It returns why the machine has ended.
func (f *follower) follow() error {
	err := f.poll()
	for err == nil && !f.panicked() && !isDone(f.closed) && !isDone(f.ended) {
		select {
		case <-f.closed:
		case <-f.ended:
		case <-time.After(pollEvery):
		}
		err = f.poll()
	}
	if err == nil && isDone(f.ended) {
		err = f.lost()
	}
	f.w.Close()
	f.log.Wait()
	return whyEnded(err, f.log.Tail())
}

// poll copies what is new. That the log is not there yet is no error.
func (f *follower) poll() error {
	ctx, cancel := context.WithTimeoutCause(context.Background(), answerLimit, errNoAnswer)
	defer cancel()
	text, err := f.instance.kernelLog(ctx, f.seen)
	f.w.Write(text)
	f.seen += int64(len(text))
	if errors.Is(err, errShorter) || errors.Is(err, errNoAnswer) || err != nil && unreachable(err) {
		return err
	}
	return nil
}

// panicked reports whether the kernel has panicked and stays where it is (panic() in kernel/panic.c).
func (f *follower) panicked() bool {
	return strings.Contains(string(f.log.Tail()), "---[ end Kernel panic")
}

// lost returns why the stream has ended: nil if the machine has stopped.
func (f *follower) lost() error {
	got, _, err := f.instance.server.GetInstance(f.instance.name)
	switch {
	case err != nil:
		return err
	case got.StatusCode == api.Stopped:
		return nil
	}
	return errStreamLost
}
