//go:build linux

package standby

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"slices"
	"time"
)

// place is where a machine of a key waits, or would.
type place struct {
	Wanted
	used    time.Time // when a client last asked for it
	due     bool      // a machine should be made
	failed  int       // how often one could not be made while a client was at work
	again   time.Time // when it is tried again, if a client is at work still
	machine Machine   // nil if none waits
	memory  int64     // that it holds, in bytes
}

func (p *place) close() {
	if p.machine != nil {
		p.machine.Close()
	}
}

// calm is how long after a request the server makes no machine while a client is at work:
// that would slow the client down.
const calm = 2 * time.Second

// A machine that cannot be made while a client is at work, who may be making its template, is
// tried again after a pause that doubles.
const (
	mostTries  = 5
	firstPause = 5 * time.Second
)

// look is how often the server looks at what it holds.
const look = 5 * time.Second

// take returns the machine that waits for the wanted one's key, nil if there is none, and
// notes that another one should. The caller calls leave when it is done.
func (s *Server) take(w Wanted) Machine {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.callers++
	s.asked = time.Now()
	i := slices.IndexFunc(s.places, func(p *place) bool { return p.Key == w.Key })
	if i < 0 {
		s.places, i = append(s.places, &place{}), len(s.places)
	}
	p := s.places[i]
	m := p.machine
	*p = place{Wanted: w, used: s.asked, due: true}
	if m != nil && isGone(m) {
		return nil
	}
	return m
}

func isGone(m Machine) bool {
	select {
	case <-m.Done():
		return true
	default:
		return false
	}
}

// leave notes that a client is not at work any more.
func (s *Server) leave() {
	s.mu.Lock()
	s.callers--
	s.mu.Unlock()
	s.wake()
}

func (s *Server) count(lent int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lent += lent
}

func (s *Server) wake() {
	select {
	case s.changed <- struct{}{}:
	default: // a token is there
	}
}

// keep makes machines and gives them up, until ctx ends or there is nothing left to do.
func (s *Server) keep(ctx context.Context) {
	for ctx.Err() == nil {
		s.tidy(time.Now())
		p, wait := s.next(time.Now())
		switch {
		case p != nil:
			s.fill(ctx, p)
			continue
		case s.isIdle():
			return
		}
		select {
		case <-ctx.Done():
		case <-s.changed:
		case <-time.After(wait):
		}
	}
}

// next returns the place that a machine should be made for now, nil if there is none, and
// how long to wait before another look.
func (s *Server) next(now time.Time) (*place, time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var next *place
	for _, p := range s.places {
		if p.due && !(s.callers > 0 && now.Before(p.again)) && (next == nil || p.used.After(next.used)) {
			next = p
		}
	}
	if next == nil {
		return nil, look
	}
	if rest := s.asked.Add(calm).Sub(now); s.callers > 0 && rest > 0 {
		return nil, rest
	}
	return next, 0
}

// fill makes a machine for a place. One that cannot be made is tried again when no client is
// at work any more, who may be making what it is made from, or after a while, and then not
// until a client asks for it.
func (s *Server) fill(ctx context.Context, p *place) {
	s.mu.Lock()
	w := p.Wanted
	p.due = false
	s.mu.Unlock()
	m, key, err := s.Make(ctx, w.Spec)
	if err == nil && key != w.Key {
		err = fmt.Errorf("it became another machine than was asked for")
	}
	if err != nil {
		if m != nil {
			m.Close()
		}
		if ctx.Err() == nil {
			s.Log(fmt.Sprintf("no machine for %s: %v", w.Name, err))
			s.notMade(p)
		}
		return
	}
	held := m.Memory()
	s.mu.Lock()
	fits := slices.Contains(s.places, p) && p.machine == nil
	if fits {
		p.machine, p.memory, p.due = m, held, false
	}
	s.mu.Unlock()
	if !fits {
		m.Close()
		return
	}
	s.Log(fmt.Sprintf("%s is ready, with %d MiB", w.Name, held>>20))
}

// notMade removes a place, unless a client has asked for it meanwhile, or is at work and there
// were few attempts.
func (s *Server) notMade(p *place) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case p.due:
	case s.callers > 0 && p.failed < mostTries:
		p.due, p.again = true, time.Now().Add(firstPause<<p.failed)
		p.failed++
	default:
		s.places = slices.DeleteFunc(s.places, func(q *place) bool { return p == q })
	}
}

// tidy gives up machines that have ended or that nobody has asked for, and those that were
// asked for least recently while there are too many for the memory.
func (s *Server) tidy(now time.Time) {
	short := s.Short()
	s.mu.Lock()
	slices.SortFunc(s.places, func(a, b *place) int { return cmp.Compare(b.used.UnixNano(), a.used.UnixNano()) })
	var kept, dropped []*place
	var sum int64
	for _, p := range s.places {
		p.measure()
		s.largest = max(s.largest, p.memory)
		needs := p.memory
		if p.due {
			needs = s.largest
		}
		sum += needs
		switch {
		case p.machine == nil && !p.due, p.machine != nil && isGone(p.machine),
			s.Idle > 0 && now.Sub(p.used) > s.Idle, sum > s.Memory, short:
			sum -= needs
			dropped = append(dropped, p)
		default:
			kept = append(kept, p)
		}
	}
	s.places = kept
	s.mu.Unlock()
	for _, p := range dropped {
		p.close()
		s.Log(p.Name + " is given up")
	}
}

// measure notes what the place's machine holds.
func (p *place) measure() {
	if p.machine != nil {
		p.memory = p.machine.Memory()
	}
}

// isIdle reports whether the server should end.
func (s *Server) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.Idle > 0 && len(s.places) == 0 && s.callers == 0
}

func (s *Server) status() Status {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := Status{Build: s.Build, PID: os.Getpid(), Limit: s.Memory, Lent: s.lent}
	for _, p := range s.places {
		out.Machines = append(out.Machines, Held{Name: p.Name, Ready: p.machine != nil, Memory: p.memory, Used: p.used})
	}
	return out
}
