package session

import (
	"errors"
	"testing"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// What a machine has too little memory for is no answer of the kernel's, and the pool
// grows machines for it.
func TestFaults(t *testing.T) {
	s := &Session{alive: t.Context()}
	for code, infra := range map[string]bool{"": false, "unsupported": false, wire.CodeMemory: true} {
		err := s.why(t.Context(), &wire.Fault{Op: wire.OpVerify, Code: code, Msg: "why"})
		var fault *wire.Fault
		if errors.Is(err, vms.ErrMemory) != infra || errors.As(err, &fault) == infra {
			t.Errorf("code %q: %v", code, err)
		}
	}
}
