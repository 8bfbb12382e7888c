package vms

import (
	"context"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// Orphan is a machine that a Reaper has found: the process that started it may
// be gone, which its Owner says.
type Orphan struct {
	Name  string
	Where string // the server, cluster member or project it is on; "" where there is only one place
	State string // in the provider's word, "Running"
	Owner lease.Owner
	Made  time.Time // zero if unknown
}

// Reaper is a provider whose machines may outlive a killed process.
type Reaper interface {
	// Orphans lists the machines that bpflab has made, by whichever process, those
	// of living ones too.
	Orphans(ctx context.Context) ([]Orphan, error)
	// Remove removes one of them. That it is gone already is no error.
	Remove(ctx context.Context, m Orphan) error
}

// Purger is a Reaper that keeps more than machines: images, volumes, a project.
type Purger interface {
	// Purge removes all that bpflab has made, running machines too. It refuses,
	// and says why, where something that is not bpflab's would go with it.
	Purge(ctx context.Context) error
}
