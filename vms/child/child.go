// Package child runs a command whose standard input and output are the byte
// stream to a guest agent: the agent itself, or what leads to one.
package child

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// Process is a running command. Its methods are safe for concurrent use.
type Process struct {
	cmd    *exec.Cmd
	stream *stream
	done   chan struct{}
	err    error
}

// Start starts a command. Its standard error goes to log, which the Process owns from then
// on and closes at the end. The command ends when this process does, because its input
// ends then.
func Start(cmd *exec.Cmd, log *os.File) (*Process, error) {
	p := &Process{cmd: cmd, done: make(chan struct{})}
	if err := p.start(log); err != nil {
		log.Close()
		return nil, err
	}
	go func() {
		p.err = cmd.Wait()
		log.Close()
		close(p.done)
	}()
	return p, nil
}

func (p *Process) start(log *os.File) error {
	in, input, err := os.Pipe()
	if err != nil {
		return err
	}
	output, out, err := os.Pipe()
	if err != nil {
		return errors.Join(err, in.Close(), input.Close())
	}
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = in, out, log
	Apart(p.cmd)
	err = p.cmd.Start()
	in.Close()
	out.Close()
	p.stream = &stream{in: input, out: output}
	if err != nil {
		p.stream.Close()
	}
	return err
}

// Stream returns the command's input and output. Closing it hangs up.
func (p *Process) Stream() io.ReadWriteCloser { return p.stream }

// Done returns a channel that is closed when the command has ended.
func (p *Process) Done() <-chan struct{} { return p.done }

// Err returns how it ended: nil while it runs, and if it ended with 0.
func (p *Process) Err() error {
	select {
	case <-p.done:
		return p.err
	default:
		return nil
	}
}

// Stop hangs up, and kills the command if it has not ended after grace. It
// returns when it has ended.
func (p *Process) Stop(grace time.Duration) {
	p.stream.Close()
	select {
	case <-p.done:
	case <-time.After(grace):
		p.cmd.Process.Kill()
		<-p.done
	}
}

// stream is both pipes.
type stream struct {
	in, out *os.File
	closing sync.Once
	err     error
}

func (s *stream) Read(b []byte) (int, error)  { return s.out.Read(b) }
func (s *stream) Write(b []byte) (int, error) { return s.in.Write(b) }

func (s *stream) Close() error {
	s.closing.Do(func() { s.err = errors.Join(s.in.Close(), s.out.Close()) })
	return s.err
}
