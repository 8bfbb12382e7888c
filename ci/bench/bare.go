package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

// bareInit is the least that a machine can do: say a word on the stream.
const bareInit = "#!/bin/sh\nmount -t devtmpfs dev /dev\necho ready >/dev/ttyS1\nexec sleep 1000\n"

// writeBareInit makes the script that stands in the agent's place.
func (b *bench) writeBareInit() (string, error) {
	name := filepath.Join(b.dir, "init")
	return name, os.WriteFile(name, []byte(bareInit), 0o755)
}

// bare times a machine with a shell script as init to its first byte.
func (b *bench) bare(ctx context.Context, image kernel.Image, script string) (time.Duration, error) {
	began := time.Now()
	m, err := b.provider.Start(ctx, vms.Spec{Kernel: image, Agent: script, Dir: b.dir, Cold: true})
	if err != nil {
		return 0, fmt.Errorf("%s: %w", image.Series, err)
	}
	defer m.Close()
	if _, err := m.Stream().Read(make([]byte, 1)); err != nil {
		return 0, fmt.Errorf("%s: a machine with a bare init said nothing: %w", image.Series, err)
	}
	return time.Since(began), nil
}
