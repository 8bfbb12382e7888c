package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/qemu"
)

// lab is what measurements need.
type lab struct {
	binary   string // absolute path of bpflab, which is also the agent
	bare     string // the shell script that stands for the agent in a bare machine
	dir      string // for console logs; removed at the end
	provider vms.Provider
	images   []kernel.Image
	names    []string // the selectors, as given to bpflab
}

// bareInit is the least that a machine can do: say a word on the stream.
const bareInit = "#!/bin/sh\nmount -t devtmpfs dev /dev\necho ready >/dev/ttyS1\nexec sleep 1000\n"

func newLab(ctx context.Context, binary string, selectors []string) (*lab, error) {
	binary, err := filepath.Abs(binary)
	if err != nil {
		return nil, err
	}
	cache, err := store.DefaultRoot()
	if err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "bpflab-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{binary: binary, bare: filepath.Join(dir, "init"), dir: dir, names: selectors,
		provider: qemu.New(qemu.Options{Cache: filepath.Join(cache, "qemu")})}
	if err := os.WriteFile(l.bare, []byte(bareInit), 0o755); err != nil {
		return nil, err
	}
	return l, l.fetch(ctx, selectors)
}

func (l *lab) fetch(ctx context.Context, selectors []string) error {
	cat, err := catalogue.Open(catalogue.Options{Lock: vms.KernelsLock})
	if err != nil {
		return err
	}
	refs, err := cat.Resolve(ctx, selectors)
	if err != nil {
		return err
	}
	for _, ref := range refs {
		image, err := cat.Image(ctx, ref)
		if err != nil {
			return err
		}
		l.images = append(l.images, image)
	}
	return nil
}

func (l *lab) close() { os.RemoveAll(l.dir) }

// firstByte starts a machine and times it to the first byte of its stream.
func (l *lab) firstByte(ctx context.Context, image kernel.Image, agent string) (time.Duration, error) {
	began := time.Now()
	m, err := l.provider.Start(ctx, vms.Spec{Kernel: image, Agent: agent, Dir: l.dir, Cold: true})
	if err != nil {
		return 0, err
	}
	defer m.Close()
	if _, err := m.Stream().Read(make([]byte, 1)); err != nil {
		return 0, fmt.Errorf("%s: the machine said nothing: %w", image.Series, err)
	}
	return time.Since(began), nil
}

// median of durations; the slice is sorted.
func median(all []time.Duration) time.Duration {
	slices.Sort(all)
	return all[len(all)/2]
}
