package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// agentVariable names the guest agent's binary, on systems that are not the
// guests'.
const agentVariable = "BPFLAB_AGENT"

// agentPath returns the guest agent's binary: this one on Linux, else the one for
// Linux that lies beside it, as `make build` leaves it.
func agentPath() (string, error) {
	if path := os.Getenv(agentVariable); path != "" {
		return path, nil
	}
	self, err := os.Executable()
	if err != nil || runtime.GOOS == "linux" {
		return self, err
	}
	path := filepath.Join(filepath.Dir(self), "bpflab-linux-"+runtime.GOARCH)
	if _, err := os.Stat(path); err != nil {
		return "", fmt.Errorf("guests are Linux machines, and bpflab for Linux is not beside this one: make build makes it, or set %s: %w", agentVariable, err)
	}
	return path, nil
}
