package multipass

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/console"
)

// Start launches an instance, boots it with another kernel if the selector asks
// for one, and starts the agent in it. The machine ends with ctx.
func (p *Provider) Start(ctx context.Context, want vms.Spec) (vms.Machine, error) {
	w, err := parseSelector(want.Kernel.Selector)
	if err != nil {
		return nil, failed(err)
	}
	started := time.Now()
	i, err := p.launch(ctx, w, want)
	if err != nil {
		return nil, failed(err)
	}
	m, err := i.start(ctx, p.mainline, w, want)
	if err != nil {
		return nil, failed(errors.Join(err, i.remove(ctx)))
	}
	m.About.Started = started
	m.CloseWith(ctx)
	return m, nil
}

// start starts the agent in an instance that has booted.
func (i *instance) start(ctx context.Context, mainline string, w wanted, want vms.Spec) (*machine, error) {
	if err := i.install(ctx, w, mainline); err != nil {
		return nil, err
	}
	if err := i.pushAgent(ctx, want.Agent); err != nil {
		return nil, err
	}
	boot, err := i.bootID(ctx)
	if err != nil {
		return nil, err
	}
	return i.serve(ctx, boot, want)
}

// agentPath is where the agent is in an instance.
const agentPath = "/tmp/bpflab-agent"

func (i *instance) pushAgent(ctx context.Context, agent string) error {
	file, err := os.Open(agent)
	if err != nil {
		return fmt.Errorf("guest agent: %w", err)
	}
	defer file.Close()
	if err := i.push(ctx, file, agentPath); err != nil {
		return err
	}
	_, err = i.exec(ctx, "chmod", "0755", agentPath)
	return err
}

// serveScript starts the agent $1, with modules loaded that follow. What the
// kernel logs goes to standard error meanwhile. A module that does not load is
// missed by who needs it, who will say so.
const serveScript = `agent=$1; shift; ` +
	`/bin/dmesg --follow </dev/null >&2 & ` +
	`for m; do modprobe -q "$m" </dev/null || :; done; ` +
	`"$agent" agent; status=$?; kill $!; exit $status`

// serve starts the agent, with the kernel's log as its console.
func (i *instance) serve(ctx context.Context, boot string, want vms.Spec) (*machine, error) {
	said, stderr, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	log, err := console.Keep(said, filepath.Join(want.Dir, "console.log"))
	if err != nil {
		stderr.Close()
		return nil, err
	}
	args := append(i.execArgs("sudo", "sh", "-c", serveScript, "bpflab", agentPath), want.Modules...)
	process, err := child.Start(i.multipass.command(context.WithoutCancel(ctx), args...), stderr)
	if err != nil {
		log.Wait()
		return nil, fmt.Errorf("multipass exec: %w", err)
	}
	m := &machine{instance: i, process: process, console: log, bootID: boot}
	m.Base = vms.NewBase(vms.Info{Console: log.Path(), StartKind: "boot"}, func() { process.Stop(0) })
	go m.finish()
	return m, nil
}
