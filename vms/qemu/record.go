//go:build linux

package qemu

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// silenceKept is how long a guest's silence is remembered: it may have had a cause
// that passes.
const silenceKept = 10 * time.Minute

// record is the file with the trials of the probe. They hold as long as its key is
// the same.
type record struct{ file, key string }

// recorded is the content of the file.
type recorded struct {
	Key    string           `json:"key"`
	Trials map[string]trial `json:"trials"` // by accelerator
}

func (p *Provider) record(b build) record {
	return record{filepath.Join(p.options.Cache, "accelerator.json"), hostKey(b, p.kvm)}
}

// read returns the trials that hold.
func (r record) read() map[string]trial {
	out := map[string]trial{}
	text, err := cache.Read(r.file)
	if err != nil {
		return out
	}
	var found recorded
	if json.Unmarshal(text, &found) != nil || found.Key != r.key {
		return out
	}
	for accel, t := range found.Trials {
		if t.holds(time.Now()) {
			out[accel] = t
		}
	}
	return out
}

// holds reports whether another trial would show the same.
func (t trial) holds(now time.Time) bool {
	switch t.Outcome {
	case ran, refused:
		return true
	case silent:
		age := now.Sub(t.At)
		return age >= 0 && age < silenceKept
	}
	return false
}

// add writes trials beside those that are on record. Where it cannot, the next
// process tries again.
func (r record) add(trials map[string]trial) {
	all := r.read()
	for accel, t := range trials {
		delete(all, accel)
		if t.holds(time.Now()) {
			all[accel] = t
		}
	}
	if text, err := json.Marshal(recorded{r.key, all}); err == nil {
		cache.Write(r.file, append(text, '\n'))
	}
}

// trials returns those of the accelerators, from the record where it has them.
func (p *Provider) trials(ctx context.Context, r record, accels []string) (map[string]trial, error) {
	known, all := map[string]trial{}, r.read()
	for _, accel := range accels {
		t, ok := all[accel]
		if !ok {
			return p.tryAnew(ctx, r, accels)
		}
		known[accel] = t
		if accel == KVM && t.Outcome == ran {
			break // as in try
		}
	}
	return known, nil
}

// tryAnew tries the accelerators and records what came of it. What was killed is tried
// once more.
func (p *Provider) tryAnew(ctx context.Context, r record, accels []string) (map[string]trial, error) {
	trials, err := p.try(ctx, accels)
	if err == nil && (trials[KVM].Outcome == disturbed || trials[TCG].Outcome == disturbed) {
		trials, err = p.try(ctx, accels)
	}
	if err == nil {
		r.add(trials)
	}
	return trials, err
}

// hostKey changes when the outcome may: this boot of the host, QEMU, the device.
func hostKey(b build, device string) string {
	var at unix.Stat_t
	if err := unix.Stat(device, &at); err != nil {
		at = unix.Stat_t{}
	}
	return fmt.Sprintf("%s %s %s %d:%d:%x:%o", lease.BootID(), b.path, b.id(), at.Dev, at.Ino, at.Rdev, at.Mode)
}
