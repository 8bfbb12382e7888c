package host

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
)

// Start starts the agent in namespaces of its own. Memory and CPUs are those of
// the host, and so are the modules: the kernel loads itself what a network or a
// classifier needs. The machine ends with ctx.
func (p *Provider) Start(ctx context.Context, want vms.Spec) (vms.Machine, error) {
	release, err := p.allowed()
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, failed(err, "")
	}
	if wanted := cmp.Or(want.Kernel.Release, release); wanted != release {
		return nil, failed(fmt.Errorf("kernel %s is not the one of this host, which runs %s", wanted, release), "")
	}
	if err := capsOn(release).Fits(want.Memory, want.CPUs); err != nil {
		return nil, failed(err, "")
	}
	m, err := start(want.Agent, filepath.Join(want.Dir, "console.log"))
	if err != nil {
		return nil, err
	}
	m.CloseWith(ctx)
	return m, nil
}

// start runs the agent; what it and its commands write to standard error is
// kept as the console.
func start(agent, path string) (*machine, error) {
	said, stderr, err := os.Pipe()
	if err != nil {
		return nil, failed(err, "")
	}
	log, err := console.Keep(said, path)
	if err != nil {
		stderr.Close()
		return nil, failed(err, "")
	}
	m := &machine{console: log}
	m.Base = vms.NewBase(vms.Info{Console: path, StartKind: "boot", Started: time.Now()}, func() { m.process.Stop(grace) })
	if m.process, err = launch(command(agent), stderr); err != nil {
		log.Wait()
		return nil, failed(fmt.Errorf("start the agent %s: %w", agent, err), namespacesHint)
	}
	go m.finish()
	return m, nil
}

// namespacesHint is for a host that refuses the namespaces that launch needs.
const namespacesHint = "it needs namespaces of its own (CONFIG_NAMESPACES with PID, NET, UTS and IPC), which some containers may not make"

// command returns the agent with the same environment for every user, except for the
// search path, which is the host's.
func command(agent string) *exec.Cmd {
	cmd := exec.Command(agent, "agent", "--private")
	cmd.Dir = "/"
	cmd.Env = []string{"PATH=" + cmp.Or(os.Getenv("PATH"), "/usr/sbin:/usr/bin:/sbin:/bin"), "HOME=/tmp", "TERM=linux"}
	return cmd
}
