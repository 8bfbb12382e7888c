package qemu

import (
	"context"
	"os"
)

// accelerator chooses; see fallback note.
func (p *Provider) accelerator(ctx context.Context, version string) string {
	if a := os.Getenv("BPFLAB_ACCEL"); a == "kvm" || a == "tcg" {
		return a
	}
	return "tcg"
}
