//go:build !linux

package host

import (
	"errors"
	"os"
	"os/exec"
	"runtime"

	"github.com/bpflab/bpflab/vms/child"
)

// errNotLinux is a host whose kernel is not Linux.
var errNotLinux = errors.New("the kernel of this host is not Linux but that of " + runtime.GOOS)

func running() (string, error) { return "", errNotLinux }

func launch(*exec.Cmd, *os.File) (*child.Process, error) { return nil, errNotLinux }
