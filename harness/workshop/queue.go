package workshop

import (
	"context"
	"slices"
	"sync"
)

// queue lets a number of jobs run at a time, first come, first served. As a student has
// one job at a time (Limits.Jobs), each waits for one job of each other student at most.
type queue struct {
	mu      sync.Mutex
	free    int
	waiting []*ticket
}

// ticket is a place in a queue.
type ticket struct {
	moved func(ahead int)
	turn  chan struct{} // closed when it is the ticket's turn
}

func newQueue(slots int) *queue { return &queue{free: slots} }

// acquire waits for a slot. It calls moved with the number of jobs that wait before this
// one, whenever that changes.
func (q *queue) acquire(ctx context.Context, moved func(ahead int)) error {
	if q.tryAcquire() {
		return nil
	}
	t := q.join(moved)
	select {
	case <-t.turn:
		return nil
	case <-ctx.Done():
	}
	if q.leave(t) {
		return context.Cause(ctx)
	}
	q.release() // its turn came meanwhile
	return context.Cause(ctx)
}

// tryAcquire takes a slot if one is free and nobody waits.
func (q *queue) tryAcquire() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.free == 0 || len(q.waiting) > 0 {
		return false
	}
	q.free--
	return true
}

// join adds a ticket at the end of the queue.
func (q *queue) join(moved func(ahead int)) *ticket {
	q.mu.Lock()
	defer q.mu.Unlock()
	t := &ticket{moved, make(chan struct{})}
	q.waiting = append(q.waiting, t)
	if !q.grant() {
		moved(len(q.waiting) - 1)
	}
	return t
}

// leave removes a ticket. It returns false if its turn has come.
func (q *queue) leave(t *ticket) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	i := slices.Index(q.waiting, t)
	if i < 0 {
		return false
	}
	q.waiting = slices.Delete(q.waiting, i, i+1)
	q.announce()
	return true
}

// release gives a slot back.
func (q *queue) release() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.free++
	q.grant()
}

// grant gives free slots to the first tickets and reports whether it gave any. The caller
// holds the lock.
func (q *queue) grant() bool {
	given := false
	for q.free > 0 && len(q.waiting) > 0 {
		q.free--
		close(q.waiting[0].turn)
		q.waiting = q.waiting[1:]
		given = true
	}
	if given {
		q.announce()
	}
	return given
}

// announce informs those who wait of their places. The caller holds the lock.
func (q *queue) announce() {
	for i, t := range q.waiting {
		t.moved(i)
	}
}
