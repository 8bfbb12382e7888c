package workshop

import (
	"context"
	"sync"
	"time"
)

// lanes run the jobs of all students: compilers have their own, and so have checks. A job
// that takes long leaves the quick lane to others and goes on in the slow lane, where the
// student's next job of this kind begins, until one is quick again. So a few students
// whose jobs never end share the slow lane among themselves.
type lanes struct {
	quick, slow *queue
	patience    time.Duration // after which a job takes long; 0: the job itself says so

	mu     sync.Mutex
	slowly map[string]bool // students whose last job took long
}

func newLanes(slots int, patience time.Duration) *lanes {
	return &lanes{quick: newQueue(slots), slow: newQueue(slots), patience: patience, slowly: map[string]bool{}}
}

// turn is a student's job that has a slot.
type turn struct {
	long  func()        // says that the job takes long
	isSet chan struct{} // closed then
	leave func()        // gives the slot back at the end of the job
}

func (l *lanes) newTurn() *turn {
	t := &turn{isSet: make(chan struct{})}
	t.long = sync.OnceFunc(func() { close(t.isSet) })
	return t
}

// isLong reports whether the job takes long.
func (t *turn) isLong() bool {
	select {
	case <-t.isSet:
		return true
	default:
		return false
	}
}

// enter waits for a slot for a student's job. It calls moved with the number of jobs
// before this one, whenever that changes. The caller calls leave at the end of the job.
func (l *lanes) enter(ctx context.Context, student string, moved func(ahead int)) (*turn, error) {
	t, lane := l.newTurn(), l.quick
	if l.isSlow(student) {
		lane = l.slow
	}
	if err := lane.acquire(ctx, moved); err != nil {
		return nil, err
	}
	var timer *time.Timer
	if l.patience > 0 {
		timer = time.AfterFunc(l.patience, t.long)
	}
	ended, given := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(given)
		l.hold(lane, ended, t.isSet)
	}()
	t.leave = func() {
		if timer != nil {
			timer.Stop()
		}
		l.note(student, t.isLong())
		close(ended)
		<-given
	}
	return t, nil
}

// hold holds a slot of a lane until the job has ended. Once the job takes long, one of the
// slow lane replaces one of the quick lane.
func (l *lanes) hold(lane *queue, ended, long <-chan struct{}) {
	if lane == l.slow {
		<-ended
		l.slow.release()
		return
	}
	select {
	case <-ended:
		l.quick.release()
		return
	case <-long:
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		select {
		case <-ended:
			cancel()
		case <-ctx.Done():
		}
	}()
	if l.slow.acquire(ctx, func(int) {}) != nil {
		l.quick.release() // no room in the slow lane before the end
		return
	}
	l.quick.release()
	<-ended
	l.slow.release()
}

func (l *lanes) isSlow(student string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.slowly[student]
}

// note remembers whether a student's job took long.
func (l *lanes) note(student string, long bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if long {
		l.slowly[student] = true
		return
	}
	delete(l.slowly, student)
}
