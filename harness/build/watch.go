package build

import "time"

// watch limits the processor time of a running compiler.
type watch struct {
	limit    time.Duration // 0 is none
	patience time.Duration // 0 is without end
	slow     func()        // is called when patience ends; may be nil
}

// watchEvery is how often the processor time of a compiler is read.
const watchEvery = 50 * time.Millisecond

// begin watches a process until stop is called: at the end of the patience its priority is
// lowered, and at the limit spend is called.
func (w watch) begin(pid int, spend func()) (stop func()) {
	if w.limit <= 0 && w.patience <= 0 {
		return func() {}
	}
	ended, done := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(done)
		w.follow(pid, spend, ended)
	}()
	return func() {
		close(ended)
		<-done
	}
}

func (w watch) follow(pid int, spend func(), ended <-chan struct{}) {
	began, patient := time.Now(), w.patience > 0
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case <-ended:
			return
		case <-tick.C:
		}
		used := processorTime(pid, began)
		if patient && used >= w.patience {
			patient = false
			lowerPriority(pid)
			if w.slow != nil {
				w.slow()
			}
		}
		if w.limit > 0 && used >= w.limit {
			spend()
			return
		}
	}
}
