package verify

import (
	"bytes"
	"context"
	"io"

	"github.com/bpflab/bpflab/harness/libbpf"
	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// libbpfProcess is the loader while it runs in a machine: it takes one task after the other,
// so that the kernel's types are read once for all of them.
type libbpfProcess struct {
	tasks   *io.PipeWriter
	outputs chan libbpf.Output
	ended   chan struct{} // closed when the loader has ended
	res     wire.ExecResult
	err     error // of the call; how the loader ended is in res
}

func startLibbpf(ctx context.Context, s *session.Session, program string) *libbpfProcess {
	tasks, in := io.Pipe()
	p := &libbpfProcess{tasks: in, outputs: make(chan libbpf.Output, 1), ended: make(chan struct{})}
	stdout := &libbpf.Outputs{Done: func(out libbpf.Output) {
		out.Text = bytes.Clone(out.Text)
		select {
		case p.outputs <- out:
		default: // nobody asked for it: the loader does not do that
		}
	}}
	go func() {
		defer close(p.ended)
		p.err = s.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{program, libbpf.Serve}, Stdin: true}, &p.res, wire.IO{In: tasks, Stdout: stdout, Stderr: io.Discard})
		tasks.Close() // a task that is written now fails
	}()
	return p
}

// do has the loader do one task. If the whole loader ended, the output is how, and the process
// is over.
func (p *libbpfProcess) do(ctx context.Context, t libbpf.Task) (libbpf.Output, error) {
	p.tasks.Write(t.Encode()) // fails if the loader has ended, which is seen below
	select {
	case out := <-p.outputs:
		return out, nil
	case <-p.ended:
		return libbpf.Output{Text: []byte(p.res.Error), Exit: p.res.Exit, Signal: p.res.Signal}, p.err
	case <-ctx.Done():
		return libbpf.Output{}, ctx.Err()
	}
}

// over reports whether the loader has ended.
func (p *libbpfProcess) over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// end ends the loader and waits for that.
func (p *libbpfProcess) end() {
	p.tasks.Close()
	<-p.ended
}
