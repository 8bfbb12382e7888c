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
	patience    time.Duration // for a job in the quick lane

	mu     sync.Mutex
	slowly map[string]bool // students whose last job took long
}

func newLanes(slots int, patience time.Duration) *lanes {
	return &lanes{quick: newQueue(slots), slow: newQueue(slots), patience: patience, slowly: map[string]bool{}}
}

// enter waits for a slot for a student's job. It calls moved with the number of jobs
// before this one, whenever that changes. The caller calls leave at the end of the job.
func (l *lanes) enter(ctx context.Context, student string, moved func(ahead int)) (leave func(), err error) {
	if l.isSlow(student) {
		if err := l.slow.acquire(ctx, moved); err != nil {
			return nil, err
		}
		began := time.Now()
		return func() {
			l.note(student, time.Since(began) > l.patience)
			l.slow.release()
		}, nil
	}
	if err := l.quick.acquire(ctx, moved); err != nil {
		return nil, err
	}
	began := time.Now()
	ended, given := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(given)
		l.hold(ended)
	}()
	return func() {
		l.note(student, time.Since(began) > l.patience)
		close(ended)
		<-given
	}, nil
}

// hold holds a slot of the quick lane, and after some time one of the slow lane in its
// place, until the job has ended.
func (l *lanes) hold(ended <-chan struct{}) {
	select {
	case <-ended:
		l.quick.release()
		return
	case <-time.After(l.patience):
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
