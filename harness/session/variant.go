package session

import (
	"errors"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// CheckVariant reports whether the machine's kernel is booted as the image's variant says.
// A *vms.UnsupportedError names what the kernel lacks; any other error means that the
// machine was not started as it was to be.
func (s *Session) CheckVariant(k kernel.Image) error {
	if s.Ready.Variant != string(k.Variant) {
		return fmt.Errorf("the machine was booted as %q, and was to be %q", s.Ready.Variant, k.Variant)
	}
	if most := k.Variant.Memory(); most > 0 && s.Ready.Memory > most {
		return fmt.Errorf("the machine has %d MiB of memory, and was to have %d MiB", s.Ready.Memory>>20, most>>20)
	}
	var reasons []string
	for _, u := range s.Ready.Unmet {
		name, value, _ := strings.Cut(u.Setting, "=")
		reasons = append(reasons, k.Lacks(kernel.Setting{Name: name, Value: value}, u.Seen))
	}
	if len(reasons) > 0 {
		return &vms.UnsupportedError{Reason: strings.Join(reasons, "; ")}
	}
	return nil
}

// VerdictOf returns the verdict of what a machine failed with err.
func VerdictOf(err error) verdict.Verdict {
	if errors.As(err, new(*vms.UnsupportedError)) {
		return verdict.Unsupported
	}
	return verdict.Infra
}
