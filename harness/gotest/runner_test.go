package gotest

import (
	"bytes"
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// The machines are vmstest's fakes; a provider that takes one machine at a time gets one
// package at a time, and one that takes several gets them.
func TestPackagesAtOneTime(t *testing.T) {
	for _, jobs := range []int{1, 3} {
		p := &vmstest.Fake{Has: vms.Caps{Jobs: jobs}}
		met := make(chan bool) // closed when as many machines run as may
		closed := sync.OnceFunc(func() { close(met) })
		p.Exec = func(ctx context.Context, _ int, _ []string) (wire.ExecResult, error) {
			if p.Running.Load() == int32(jobs) {
				closed()
			}
			select {
			case <-met:
			case <-time.After(time.Minute):
				t.Error("there were never as many machines as the provider takes")
			}
			return wire.ExecResult{}, nil
		}
		r := runnerOf(t, p, 6)
		cells := r.Run(t.Context())
		if got := int(p.Most.Load()); got != jobs || len(cells) != 6 {
			t.Errorf("a provider of %d machines at a time: %d ran at once, %d records", jobs, got, len(cells))
		}
		for _, c := range cells {
			if c.Verdict == verdict.Infra {
				t.Errorf("%s: %s", c.Lab, c.Reason)
			}
		}
	}
}

// runnerOf returns a runner of so many packages, without files, on one kernel.
func runnerOf(t *testing.T, p *vmstest.Fake, packages int) *Runner {
	r := &Runner{
		Pool:    scheduler.New(scheduler.Options{Provider: p, Caps: p.Has, Dir: t.TempDir()}),
		Kernels: []kernel.Image{{Selector: "6.1", Series: "6.1"}},
		Task: func(class string, k kernel.Image, dir string) scheduler.Task {
			return scheduler.Task{Class: class, Machine: vms.Spec{Kernel: k, Memory: 1 << 20}, Dir: func(n int) string { return fmt.Sprint(dir, n) }}
		},
		Signals: func() (chan string, func()) { return nil, func() {} },
		Printer: &Printer{W: &bytes.Buffer{}, Kernels: []string{"6.1"}},
	}
	for i := range packages {
		r.Packages = append(r.Packages, &Package{Path: fmt.Sprintf("example.com/p%d", i), Arch: kernel.HostArch(), Binary: "/p.test", Files: &bundle.Files{}})
	}
	return r
}
