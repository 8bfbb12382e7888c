//go:build linux

package qemu

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/child"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/lease"
)

// A guest of a few instructions needs a quarter of a second where it runs at all, and
// much longer on a host that is slow or busy. So it is run emulated beside KVM:
// KVM gets silenceFactor times as long as that took, and at least silenceLeast.
const (
	silenceFactor = 10
	silenceLeast  = 3 * time.Second
	silenceBlind  = 30 * time.Second // where nothing runs emulated
	// probeLimit is how long the emulated one may take, which runs everywhere.
	probeLimit = 2 * time.Minute
)

// outcome is what became of a probe's guest.
type outcome string

const (
	ran       outcome = "ran"       // to its end
	refused   outcome = "refused"   // QEMU would not, or could not, and would not next time
	silent    outcome = "silent"    // it did not come to its end in time
	disturbed outcome = "disturbed" // something ended it that may be over soon
)

// trial is a guest in an accelerator.
type trial struct {
	Outcome outcome   `json:"outcome"`
	Reason  string    `json:"reason,omitempty"` // why it did not run to its end
	Seconds float64   `json:"seconds"`          // from QEMU's start to its end
	CPU     float64   `json:"cpu_seconds"`      // processor time that took
	At      time.Time `json:"at"`
}

// usualCPU is the processor time of a probe on a host as fast as usual, most of which
// QEMU's libraries take. It says how fast the host is, and not how busy it is now, so
// that it holds for later.
const usualCPU = 80 * time.Millisecond

// mostSlowness bounds how long a slow host is waited for.
const mostSlowness = 10

// slowness returns how many times as long as usual the host takes, 1 where nothing
// ran by which to judge.
func (t trial) slowness() float64 {
	if t.Outcome != ran {
		return 1
	}
	return min(mostSlowness, max(1, t.CPU/usualCPU.Seconds()))
}

// try runs the guest in all accelerators at once; KVM is not tried without TCG, and
// is the first. The error is ctx's, or that of a host without room for a small file.
func (p *Provider) try(ctx context.Context, accels []string) (map[string]trial, error) {
	dir, remove, err := lease.MkdirTemp("", lease.Prefix+"probe-")
	if err != nil {
		return nil, err
	}
	defer remove()
	image := filepath.Join(dir, "firmware")
	if err := os.WriteFile(image, firmware(), 0o600); err != nil {
		return nil, err
	}
	guests := map[string]*guest{}
	for _, accel := range accels {
		guests[accel] = p.startGuest(ctx, dir, accel, image)
	}
	defer func() {
		for _, g := range guests {
			g.end()
		}
	}()
	out := map[string]trial{}
	for _, accel := range accels {
		if accel == KVM {
			out[accel] = guests[accel].beside(guests[TCG], p.silence)
		} else {
			out[accel] = guests[accel].within(probeLimit)
		}
		if accel == KVM && out[accel].Outcome == ran {
			break // nobody asks for the other one
		}
	}
	return out, ctx.Err()
}

// guest is a guest of the probe, on the machine and the CPU that the real ones get.
type guest struct {
	accel  string
	began  time.Time
	end    context.CancelFunc // kills it
	done   chan struct{}      // closed when it has ended
	ended  time.Time
	cpu    time.Duration
	err    error // how QEMU ended
	stderr capped
}

// startGuest starts QEMU in dir, for where KVM is broken it may leave a core file.
func (p *Provider) startGuest(ctx context.Context, dir, accel, image string) *guest {
	ctx, cancel := context.WithCancel(ctx)
	g := &guest{accel: accel, began: time.Now(), done: make(chan struct{})}
	cmd := exec.CommandContext(ctx, p.options.Binary, probeArguments(accel, image)...)
	cmd.Dir, cmd.Stderr = dir, &g.stderr
	g.end = func() { cancel(); <-g.done }
	go func() {
		g.err = child.Run(cmd)
		g.ended = time.Now()
		if state := cmd.ProcessState; state != nil {
			g.cpu = state.UserTime() + state.SystemTime()
		}
		close(g.done)
	}()
	return g
}

// probed is the kernel that the probe's machine is made for, a new one: with all features.
var probed = kernel.Image{Version: kernel.Version{Major: 999}}

func probeArguments(accel, image string) []string {
	return append(hardware(spec{kernel: probed, accel: accel, cpus: 1}), "-m", "2", "-bios", image,
		"-device", fmt.Sprintf("isa-debug-exit,iobase=%#x,iosize=1", exitPort))
}

// beside waits for the guest's end as long as the other one's run allows, and at least for
// least.
func (g *guest) beside(other *guest, least time.Duration) trial {
	select {
	case <-g.done:
		return g.trial()
	case <-other.done:
	case <-time.After(probeLimit):
		return g.silence("; nor did an emulated one run")
	}
	limit, words := silenceBlind, "; nor did an emulated one run"
	if took := other.ended.Sub(other.began); other.trial().Outcome == ran {
		limit, words = max(least, silenceFactor*took), fmt.Sprintf("; an emulated one needed %.1f s", took.Seconds())
	}
	select {
	case <-g.done:
		return g.trial()
	case <-time.After(time.Until(g.began.Add(limit))):
		return g.silence(words)
	}
}

// within waits for the guest's end for as long as limit from its start on.
func (g *guest) within(limit time.Duration) trial {
	select {
	case <-g.done:
		return g.trial()
	case <-time.After(time.Until(g.began.Add(limit))):
		return g.silence("")
	}
}

func (g *guest) silence(beside string) trial {
	took := time.Since(g.began).Seconds()
	reason := fmt.Sprintf("a guest in %s did not come to its end in %.1f s%s", strings.ToUpper(g.accel), took, beside)
	return trial{Outcome: silent, Reason: reason, Seconds: took, At: g.began}
}

// trial returns what a guest that has ended shows.
func (g *guest) trial() trial {
	t := trial{Seconds: g.ended.Sub(g.began).Seconds(), CPU: g.cpu.Seconds(), At: g.began}
	t.Outcome, t.Reason = judgeExit(g.err, g.stderr.String())
	return t
}
