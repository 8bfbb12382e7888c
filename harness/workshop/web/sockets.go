package web

import (
	"fmt"
	"sync"
)

// seats count the WebSockets that each has open.
type socketLimit struct {
	mu   sync.Mutex
	open map[string]int
}

// take takes a seat for one more; leave gives it back.
func (s *socketLimit) acquire(p principal) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := string(p.Role) + " " + p.ID
	if s.open[id] >= maxSockets {
		return nil, fmt.Errorf("there are %d terminals and pages open already: close some", maxSockets)
	}
	if s.open == nil {
		s.open = map[string]int{}
	}
	s.open[id]++
	return func() { s.release(id) }, nil
}

func (s *socketLimit) release(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.open[id]--; s.open[id] <= 0 {
		delete(s.open, id)
	}
}
