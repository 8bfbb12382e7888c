package scheduler

// guestOverhead is what a machine may cost the host besides its guest's memory.
const guestOverhead = 64 << 20

// reserve is the part of the host's memory that is never given to machines.
const reserve = 16

// class describes tasks whose machines come to hold about the same amount of memory.
type class struct {
	use    string
	kernel string // SHA-256
	memory int64  // of the guest, in bytes
}

// peak is the most that a machine of a class has held so far. It is only a
// lower bound until a task was seen from its start to its end: a guest holds
// little before its work begins.
type peak struct {
	bytes int64
	whole bool
}

// accounting decides what fits beside the tasks that run. It reads no clock and no
// file: it judges by what its callers report.
type accounting struct {
	limit int64 // on what all slots need together, in bytes; 0: none
	slots map[*Slot]bool
	peaks map[class]peak
}

func newAccounting(limit int64) *accounting {
	return &accounting{limit: limit, slots: map[*Slot]bool{}, peaks: map[class]peak{}}
}

// fits reports whether a machine of the class may start now. If none runs, one always may:
// a machine larger than the host's memory runs alone.
func (l *accounting) fits(k class, host Memory) bool {
	if len(l.slots) == 0 {
		return true
	}
	needs, growth := l.need(k), l.need(k)
	for s := range l.slots {
		needs += l.need(s.class)
		growth += l.need(s.class) - s.held
	}
	if l.limit > 0 && needs > l.limit {
		return false
	}
	if host.Total == 0 {
		return l.limit > 0 // the host is unknown: only a limit can say yes
	}
	return growth <= host.Available-host.Total/reserve
}

// need returns what a machine of the class is expected to hold at most: a little
// more than what was measured, all that its guest may use where nothing was.
func (l *accounting) need(k class) int64 {
	full, p := k.memory+guestOverhead, l.peaks[k]
	if !p.whole {
		return max(p.bytes, full)
	}
	return max(p.bytes, min(p.bytes/4*5+16<<20, full))
}

// saw notes what a slot's machine holds now.
func (l *accounting) saw(s *Slot, held int64) {
	s.held = held
	p := l.peaks[s.class]
	p.bytes = max(p.bytes, held)
	l.peaks[s.class] = p
}

// leave removes the slot. worked reports whether its task did all its work, so that the
// measurement of its last machine counts for its class.
func (l *accounting) leave(s *Slot, worked bool) {
	delete(l.slots, s)
	if p := l.peaks[s.class]; worked && s.measured {
		p.whole = true
		l.peaks[s.class] = p
	}
}
