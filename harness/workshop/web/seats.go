package web

import (
	"fmt"
	"sync"
)

// seats count the WebSockets that each has open.
type seats struct {
	mu    sync.Mutex
	taken map[string]int
}

// take takes a seat for one more; leave gives it back.
func (s *seats) take(w who) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := string(w.Role) + " " + w.ID
	if s.taken[id] >= maxSockets {
		return nil, fmt.Errorf("there are %d terminals and pages open already: close some", maxSockets)
	}
	if s.taken == nil {
		s.taken = map[string]int{}
	}
	s.taken[id]++
	return func() { s.left(id) }, nil
}

func (s *seats) left(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.taken[id]--; s.taken[id] <= 0 {
		delete(s.taken, id)
	}
}
