package main

import (
	"context"
	"fmt"
)

// checkSize refuses machines that the provider cannot have in the size that --mem and
// --cpus ask for, before anything else is done. Sizes that a command works out itself,
// and those of lab documents, are refused by the provider when a machine is started.
func (f *commandFlags) checkSize(ctx context.Context) error {
	if f.cpus < 1 {
		return usageError{fmt.Errorf("--cpus %d: a machine has at least one processor", f.cpus)}
	}
	if f.memory.Size == 0 && f.cpus == 1 {
		return nil
	}
	p, err := f.provider.open()
	if err != nil {
		return err
	}
	caps, err := p.Caps(ctx)
	if err != nil {
		return err
	}
	if err := caps.Fits(int64(f.memory.Size), f.cpus); err != nil {
		return usageError{fmt.Errorf("--mem, --cpus: %w", err)}
	}
	return nil
}
