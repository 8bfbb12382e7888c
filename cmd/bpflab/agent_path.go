package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"

	"github.com/bpflab/bpflab/harness/agent"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// agentVariable names another program as guest agent of machines of this host's architecture;
// with _ARM64 and so on after it, of that one.
const agentVariable = "BPFLAB_AGENT"

// agentPath returns the guest agent's program: the one that `make build` packs into bpflab, else
// bpflab itself.
func agentPath() (string, error) {
	if path := os.Getenv(agentVariable); path != "" {
		return path, nil
	}
	root, err := store.DefaultRoot()
	if err != nil {
		return "", err
	}
	path, err := agent.Path(agentCache(root), kernel.HostArch())
	if !errors.Is(err, agent.ErrNotPacked) {
		return path, err
	}
	if runtime.GOOS != "linux" {
		return "", fmt.Errorf("%w; %s can name one", err, agentVariable)
	}
	return os.Executable()
}
