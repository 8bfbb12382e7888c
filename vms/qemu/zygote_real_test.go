//go:build linux

package qemu

import (
	"context"
	"fmt"
	"io"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/vmstest"
	"github.com/bpflab/bpflab/vms/wire"
)

// rehearsal is what a lab's first command does.
func rehearsal(ctx context.Context, c *wire.Client) error {
	var res wire.ExecResult
	line := "hostname; cat /etc/machine-id; head -c 8 /dev/urandom; date"
	return c.Call(ctx, wire.OpExec, wire.Exec{Argv: []string{"sh", "-c", line}}, &res, wire.IO{Stdout: io.Discard, Stderr: io.Discard})
}

// isCopied fails unless a machine is copied just where it is emulated.
func isCopied(t *testing.T, a answering) {
	t.Helper()
	if want := a.About.Hypervisor.Accelerator == TCG; a.parent.copied != want {
		t.Errorf("copied %t with %s, want %t", a.parent.copied, a.About.Hypervisor.Accelerator, want)
	}
}

// copying returns a provider that makes zygotes, also where there is KVM.
func copying(t *testing.T) *Provider {
	t.Helper()
	return New(Options{Cache: t.TempDir(), Rehearse: rehearsal, Accel: TCG})
}

func TestZygoteIsMadeWhereItIsWorthwhile(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := copying(t)
	for n := range worthwhile + 1 {
		f := start(t, p, spec)
		isFork(t, f)
		if want := n >= worthwhile-1; f.parent.copied != want {
			t.Errorf("machine %d: copied %t, want %t", n, f.parent.copied, want)
		}
		f.Close()
	}
	several := spec
	several.CPUs, several.Alike = 2, worthwhile
	start(t, p, several).Close() // makes the template
	for range 4 {
		f := start(t, p, several)
		isFork(t, f)
		isCopied(t, f)
		if got := f.sh(t, "nproc; i=0; while [ $i -lt 20 ]; do true & i=$((i+1)); done; wait; sleep 1; echo done"); got != "2\ndone\n" {
			t.Errorf("a copy with two processors says %q", got)
		}
		f.Close()
	}
	spec.Cold = true
	if m := start(t, p, spec); m.Info().StartKind != "boot" {
		t.Errorf("a %s, want a boot", m.Info().StartKind)
	}
}

// TestZygoteThatIsKilled has machines forked, and then copied again.
func TestZygoteThatIsKilled(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := copying(t)
	spec.Alike = worthwhile
	start(t, p, spec).Close() // makes the template
	before := start(t, p, spec)
	isCopied(t, before)
	z := p.onlyZygote(t)
	if err := syscall.Kill(z.m.process.Pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-z.m.Done():
	case <-time.After(answerLimit):
		t.Fatalf("a killed zygote is not gone after %s\n%s", answerLimit, z.m.state())
	}
	after := start(t, p, spec)
	isFork(t, after)
	if after.parent.copied {
		t.Error("a killed zygote was copied")
	}
	for _, f := range []answering{before, after} {
		if got := f.sh(t, "echo alive"); got != "alive\n" {
			t.Errorf("it says %q", got)
		}
	}
}

func (p *Provider) onlyZygote(t *testing.T) *zygote {
	t.Helper()
	p.zygotes.mu.Lock()
	defer p.zygotes.mu.Unlock()
	if len(p.zygotes.of) != 1 {
		t.Fatalf("%d zygotes", len(p.zygotes.of))
	}
	for _, z := range p.zygotes.of {
		return z
	}
	return nil
}

func TestManyCopiesAtOnce(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := copying(t)
	spec.Alike = 100
	start(t, p, spec).Close()
	start(t, p, spec).Close() // makes the zygote
	var all sync.WaitGroup
	var mu sync.Mutex
	ids := map[string]bool{}
	for i := range 24 {
		all.Go(func() {
			f := start(t, p, spec)
			isFork(t, f)
			isCopied(t, f)
			want := fmt.Sprint("machine ", i, "\n")
			if got := f.sh(t, "sleep 0.1; echo machine "+fmt.Sprint(i)); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			mu.Lock()
			ids[f.ready.BootID] = true
			mu.Unlock()
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(ids) != 24 || ids[strings.Repeat("\x00", 36)] {
		t.Errorf("%d boot ids of 24 machines", len(ids))
	}
}

// TestTooManyZygotes has kernels with two sizes of memory.
func TestTooManyZygotes(t *testing.T) {
	spec := vmstest.RealSpec(t)
	p := copying(t)
	p.zygotes.most = 1
	spec.Alike = worthwhile
	for _, size := range []int64{256 << 20, 288 << 20, 256 << 20} {
		spec.Memory = size
		start(t, p, spec).Close()
		f := start(t, p, spec)
		isCopied(t, f)
		f.Close()
		kept := 0
		for _, z := range p.zygotes.of {
			if z.frozen != nil {
				kept++
			}
		}
		if kept != 1 {
			t.Errorf("%d zygotes are kept, want 1", kept)
		}
	}
}
