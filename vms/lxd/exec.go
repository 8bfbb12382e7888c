package lxd

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"
	"github.com/gorilla/websocket"
)

// exec starts a command in the instance with its input and output on stream. The
// channel gets how it ended, nil if with 0.
func (i *instance) exec(argv []string, stream io.ReadWriter, stderr io.Writer) (<-chan error, error) {
	done, over := make(chan bool), make(chan struct{})
	op, err := i.server.ExecInstance(i.name, api.InstanceExecPost{Command: argv, WaitForWS: true},
		&lxd.InstanceExecArgs{Stdin: stream, Stdout: stream, Stderr: stderr, Control: closeAfter(over), DataDone: done})
	if err != nil {
		close(over)
		return nil, err
	}
	ended := make(chan error, 1)
	go func() {
		defer close(over)
		err := op.Wait()
		if err == nil {
			<-done
			err = exitError(op.Get().Metadata)
		}
		ended <- err
	}()
	return ended, nil
}

// closeAfter closes the connection that LXD's client leaves open.
func closeAfter(over <-chan struct{}) func(*websocket.Conn) {
	return func(conn *websocket.Conn) {
		<-over
		conn.Close()
	}
}

// exitError returns how a command ended, from LXD's record of it.
func exitError(metadata map[string]any) error {
	switch code, ok := metadata["return"].(float64); {
	case !ok:
		return errors.New("LXD does not say how the command ended")
	case code != 0:
		return fmt.Errorf("exit %d", int(code))
	}
	return nil
}

// run runs a command in the instance to its end. The error has what it wrote to
// standard error.
func (i *instance) run(ctx context.Context, argv ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	ended, err := i.exec(argv, output{&stdout}, &stderr)
	if err != nil {
		return "", err
	}
	select {
	case err = <-ended:
	case <-ctx.Done():
		return "", ctx.Err()
	}
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(argv, " "), err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}

// output is a stream without input.
type output struct{ io.Writer }

func (output) Read([]byte) (int, error) { return 0, io.EOF }

// serve starts the agent in an instance that runs.
func (i *instance) serve(started time.Time, path string, argv []string) (*machine, error) {
	log, w, err := consoleOf(path)
	if err != nil {
		return nil, err
	}
	ours, theirs := duplex()
	ended, err := i.exec(argv, theirs, w)
	if err != nil {
		w.Close()
		log.Wait()
		return nil, err
	}
	m := newMachine(i, started, ours, log)
	m.kernel = w
	go m.see(func() error {
		err := i.agentEnd(m.Closing(), ours, theirs, ended)
		w.Close()
		log.Wait()
		return whyEnded(err, log.Tail())
	})
	return m, nil
}

// agentEnd waits until the machine is closed or its agent has ended, and returns
// why it has.
func (i *instance) agentEnd(closed <-chan struct{}, stream, theirs *end, ended <-chan error) error {
	select {
	case <-closed:
		stream.Close()
		return nil
	case <-theirs.gone:
	case err := <-ended:
		return agentEnded(err)
	}
	select {
	case err := <-ended:
		return agentEnded(err)
	case <-time.After(graceForEnd):
		return errStreamLost
	}
}

// graceForEnd is how long LXD may take to report how a command has ended after its
// output has.
const graceForEnd = 2 * time.Second

func agentEnded(err error) error {
	if err == nil {
		err = errStreamLost
	}
	return fmt.Errorf("the agent has ended: %w", err)
}
