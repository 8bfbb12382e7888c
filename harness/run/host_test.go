package run

import (
	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/vmstest"
)

// fakeHost has memory for the provider's machines, less what other programs
// take of it.
type fakeHost struct {
	total    int64
	provider *vmstest.Fake
	others   func() int64 // nil: nothing
	least    int64        // that was ever left
}

func newFakeHost(total int64, p *vmstest.Fake) *fakeHost {
	return &fakeHost{total: total, provider: p, least: total}
}

// memory returns the host's meter; one goroutine at a time reads it.
func (h *fakeHost) memory() scheduler.Memory {
	left := h.total - h.provider.Held()
	if h.others != nil {
		left -= h.others()
	}
	h.least = min(h.least, left)
	return scheduler.Memory{Available: left, Total: h.total}
}

const gib, mib = 1 << 30, 1 << 20
