package run

// guestOverhead is what a machine may cost the host besides its guest's memory.
const guestOverhead = 64 << 20

// reserve is the part of the host's memory that is never given to machines.
const reserve = 16

// kind is what cells have in common whose machines come to hold about the
// same memory.
type kind struct {
	lab    string
	kernel string // SHA-256
	memory int64  // of the guest, in bytes
}

// peak is the most that a machine of a kind has held so far. It is only a
// lower bound until a cell was seen from its start to its end: a guest holds
// little before its work begins.
type peak struct {
	bytes int64
	whole bool
}

// ledger says what fits beside the cells that run. It reads no clock and no
// file: it judges by what it is told.
type ledger struct {
	limit int64 // on what all seats need together, in bytes; 0: none
	seats map[*seat]bool
	peaks map[kind]peak
}

func newLedger(limit int64) *ledger {
	return &ledger{limit: limit, seats: map[*seat]bool{}, peaks: map[kind]peak{}}
}

// fits says whether a machine of the kind may start now. One always may where
// none runs: a machine larger than all there is runs alone.
func (l *ledger) fits(k kind, host memory) bool {
	if len(l.seats) == 0 {
		return true
	}
	needs, growth := l.need(k), l.need(k)
	for s := range l.seats {
		needs += l.need(s.kind)
		growth += l.need(s.kind) - s.held
	}
	if l.limit > 0 && needs > l.limit {
		return false
	}
	if host.total == 0 {
		return l.limit > 0 // nothing tells of the host: only a limit can say yes
	}
	return growth <= host.available-host.total/reserve
}

// need is what a machine of the kind is expected to hold at most: a little
// more than what was measured, all that its guest may use where nothing was.
func (l *ledger) need(k kind) int64 {
	full, p := k.memory+guestOverhead, l.peaks[k]
	if !p.whole {
		return max(p.bytes, full)
	}
	return max(p.bytes, min(p.bytes/4*5+16<<20, full))
}

// saw notes what a seat's machine holds now.
func (l *ledger) saw(s *seat, held int64) {
	s.held = held
	p := l.peaks[s.kind]
	p.bytes = max(p.bytes, held)
	l.peaks[s.kind] = p
}

// leave takes the seat away. worked says that its cell did all its work, so
// that its last machine, if it was measured at its end, stands for its kind.
func (l *ledger) leave(s *seat, worked bool) {
	delete(l.seats, s)
	if p := l.peaks[s.kind]; worked && s.measured {
		p.whole = true
		l.peaks[s.kind] = p
	}
}
