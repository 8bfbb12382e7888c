package web

import (
	"fmt"
	"sync"
)

// socketLimit counts the open WebSockets of each session's owner.
type socketLimit struct {
	mu   sync.Mutex
	open map[string]int
}

// acquire counts one more socket, unless there are too many; leave counts it off.
func (s *socketLimit) acquire(p principal) (leave func(), err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := string(p.Role) + " " + p.ID
	if s.open[id] >= maxSockets {
		return nil, fmt.Errorf("%d terminals and pages are open already: close some", maxSockets)
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
