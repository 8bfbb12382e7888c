package session

import (
	"errors"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// CausedByGuest reports whether an error of a machine, in which a command or a lab's
// step had begun, was caused by those: a kernel that panicked, a guest that powered off or
// reset itself, bytes on the agent's stream that the agent does not send, an agent that was
// killed. It returns false for what the host or bpflab may have caused: a machine that is
// gone or hangs, an agent that ran out of memory, or one that failed before any command had
// run that could have interfered.
func CausedByGuest(err error, ranCommands bool) bool {
	var broken *wire.ProtocolError
	switch {
	case errors.Is(err, vms.ErrAgent):
		return ranCommands && !errors.Is(err, vms.ErrMemory)
	case errors.Is(err, vms.ErrPanic), errors.Is(err, vms.ErrReset), errors.As(err, &broken):
		return true
	}
	return false
}
