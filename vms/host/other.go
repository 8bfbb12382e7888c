//go:build !linux

package host

import (
	"os"
	"os/exec"

	"github.com/bpflab/bpflab/vms/child"
)

func running() (string, error) { return "", errNotLinux }

func launch(*exec.Cmd, *os.File) (*child.Process, error) { return nil, errNotLinux }
