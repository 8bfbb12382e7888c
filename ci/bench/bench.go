package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/qemu"
	"github.com/bpflab/bpflab/vms/template"
)

// bench is what measurements need. The caller closes it.
type bench struct {
	binary    string // a copy of bpflab: one that is built anew meanwhile changes nothing
	agent     string // a copy of its guest agent
	against   string // the build before, to compare with; "" for none
	dir       string // for all that is written; on the disk of the user's cache
	provider  vms.Provider
	templates *template.Store // the provider's
	kernels   []kernel.Image
	rounds    int
	began     time.Time
	progress  io.Writer
}

func newBench(ctx context.Context, o options, progress io.Writer) (*bench, error) {
	kernels, err := findKernels(ctx, o.kernels)
	if err != nil {
		return nil, err
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp(cache, "bench-")
	if err != nil {
		return nil, err
	}
	own := filepath.Join(dir, "cache")
	b := &bench{binary: filepath.Join(dir, "bpflab"), agent: filepath.Join(dir, "bpflab-agent"), dir: dir, kernels: kernels, rounds: o.rounds, began: time.Now(), progress: progress,
		provider: qemu.New(qemu.Options{Cache: own}), templates: qemu.Templates(own)}
	if err := b.copyPrograms(o); err != nil {
		b.close()
		return nil, fmt.Errorf("the binary to measure: %w", err)
	}
	return b, b.chooseAccelerator(ctx)
}

// chooseAccelerator makes both builds use the accelerator that works here. Each has its own
// record of that, which the other does not read: by turns, they would probe every time.
func (b *bench) chooseAccelerator(ctx context.Context) error {
	if b.against == "" || os.Getenv("BPFLAB_ACCEL") != "" {
		return nil
	}
	caps, err := b.provider.Caps(ctx)
	if err != nil {
		b.close()
		return err
	}
	return os.Setenv("BPFLAB_ACCEL", caps.Accelerator)
}

// copyPrograms copies the binary, the guest agent that was built with it and lies beside it,
// and the binary to compare with.
func (b *bench) copyPrograms(o options) error {
	if o.against != "" {
		b.against = filepath.Join(b.dir, "before")
		if err := copyProgram(o.against, b.against); err != nil {
			return err
		}
	}
	if err := copyProgram(filepath.Join(filepath.Dir(o.binary), "bpflab-agent"), b.agent); err != nil {
		return err
	}
	return copyProgram(o.binary, b.binary)
}

func copyProgram(from, to string) error {
	program, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, program, 0o755)
}

// close removes all that was written.
func (b *bench) close() { os.RemoveAll(b.dir) }

// say reports what is being measured.
func (b *bench) say(format string, args ...any) {
	fmt.Fprintf(b.progress, "bench: %4.0f s  %s\n", time.Since(b.began).Seconds(), fmt.Sprintf(format, args...))
}
