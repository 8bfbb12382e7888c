//go:build linux

package qemu

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

// refusedError is a QEMU with which machines cannot be forked. No process tries that
// again.
type refusedError struct {
	qemu   string
	reason string
	when   time.Time
}

func (e *refusedError) Error() string {
	return fmt.Sprintf("%s cannot fork machines: %s (found on %s, and remembered for this QEMU); install another QEMU, or have it tried again with bpflab kernels prune",
		e.qemu, e.reason, e.when.UTC().Format(time.DateOnly))
}

// refusalKey names what a refusal is about: this build of QEMU, the accelerator, and
// the devices of a machine.
func refusalKey(s spec) string {
	text, err := json.Marshal([]any{templateFormat, s.qemu.id(), devices(spec{kernel: kernel.Image{Arch: s.kernel.Arch}, accel: s.accel, cpus: 1})})
	if err != nil {
		panic(err) // strings and numbers can be encoded
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// refusal returns a *refusedError if machines like this one cannot be forked.
func (p *Provider) refusal(s spec) error {
	reason, when, ok := p.templates.Refusal(refusalKey(s))
	if !ok {
		return nil
	}
	return &refusedError{parseVersion(s.qemu.version), reason, when}
}

// recordRefusal returns err; as a *refusedError if it is QEMU's answer to a command, or
// the end of a QEMU that was given a state it had just written itself (fresh). All else,
// such as a full disk or a time-out, may be otherwise the next time.
func (p *Provider) recordRefusal(s spec, err error, fresh bool) error {
	var exit *exitError
	if !isRefusal(err) && !(fresh && errors.As(err, &exit) && exit.isOwn()) {
		return err
	}
	p.templates.Refuse(refusalKey(s), err.Error())
	return &refusedError{parseVersion(s.qemu.version), err.Error(), time.Now()}
}

// isRefusal reports whether an error is QEMU's answer to a command.
func isRefusal(err error) bool { return errors.As(err, new(*commandError)) }
