package limits

import (
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Schema is the version of Report's JSON.
const Schema = 1

// Report is one run of `bpflab limits`.
type Report struct {
	Schema  int              `json:"schema"`
	Tool    string           `json:"tool"`
	Started time.Time        `json:"started"`
	Seconds float64          `json:"seconds"`
	Kernels []verdict.Kernel `json:"kernels"` // in the order asked
	Limits  []Limit          `json:"limits"`  // by kernel, root's before users'
}

// Limit is one limit of one kernel.
type Limit struct {
	Kernel     string  `json:"kernel"`
	Privileged bool    `json:"privileged"` // root; else a user without capabilities
	Name       string  `json:"name"`
	Type       string  `json:"program_type,omitempty"` // of the programs that were loaded
	Accepted   *int    `json:"accepted"`               // the largest size that the kernel took; null if it took none
	Rejected   *int    `json:"rejected"`               // the smallest that it refused; null if it refused none
	Errno      string  `json:"errno,omitempty"`
	Message    string  `json:"message,omitempty"` // what the kernel said to the rejected size
	Status     Status  `json:"status"`
	Error      string  `json:"error,omitempty"` // why there is no figure, if Status is failed or unsupported
	Seconds    float64 `json:"seconds"`
}

// Status says what a figure is worth.
type Status string

const (
	Measured  Status = "measured"  // Accepted is the limit
	None      Status = "none"      // the kernel has no such thing, or not for this user
	Unlimited Status = "unlimited" // nothing was refused as far as could be tried, which is Accepted
	Hidden    Status = "hidden"    // another limit comes first: Message is of that
	Failed    Status = "failed"    // the kernel could not be asked

	Unsupported Status = "unsupported" // the kernel cannot be booted as its variant says
)

// Failures returns how many figures are missing because a kernel could not be asked.
func (r Report) Failures() int {
	n := 0
	for _, l := range r.Limits {
		if l.Status == Failed {
			n++
		}
	}
	return n
}

// set notes the boundary.
func (l *Limit) set(s subject, b boundary) {
	if b.accepted != nil {
		l.Accepted = &b.accepted.n
	}
	if b.rejected != nil {
		l.Rejected, l.Errno, l.Message = &b.rejected.n, b.rejected.errno, b.rejected.message
	}
	switch {
	case b.accepted == nil:
		l.Status = None
	case b.rejected == nil:
		l.Status = Unlimited
	case s.because.MatchString(l.Errno + ": " + l.Message):
		l.Status = Measured
	default:
		l.Status = Hidden
	}
}
