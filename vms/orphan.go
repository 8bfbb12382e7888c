package vms

import (
	"context"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// Orphan is a machine that a Reaper has found. Its Owner shows whether the process that
// started it still runs.
type Orphan struct {
	Name  string
	Where string // the server, cluster member or project it is on; "" where there is only one place
	State string // as the provider calls it, "Running"
	Owner lease.Owner
	Made  time.Time // zero if unknown
}

// Reaper is a provider whose machines may outlive a killed process.
type Reaper interface {
	// Orphans lists the machines that any bpflab process has made, also those that still
	// run.
	Orphans(ctx context.Context) ([]Orphan, error)
	// Remove removes one of them. It is no error if that is gone already.
	Remove(ctx context.Context, m Orphan) error
}

// Purger is a Reaper that keeps more than machines: images, volumes, a project.
type Purger interface {
	// Purge removes all that bpflab has made, running machines too. It refuses,
	// and says why, where something that is not bpflab's would go with it.
	Purge(ctx context.Context) error
}
