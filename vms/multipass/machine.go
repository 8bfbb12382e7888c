package multipass

import (
	"context"
	"io"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/console"
)

// machine is one instance and the agent in it.
type machine struct {
	*vms.Base
	instance *instance
	process  *child.Process // multipass exec
	console  *console.Log
	bootID   string
}

// Stream returns the stream to the agent.
func (m *machine) Stream() io.ReadWriteCloser { return m.process.Stream() }

// finish waits for the agent's end, and removes the instance.
func (m *machine) finish() {
	<-m.process.Done()
	m.console.Wait()
	if !m.IsClosing() {
		m.Ended(m.whyEnded())
		m.process.Stream().Close()
	}
	m.Gone(m.instance.remove(context.Background()))
}
