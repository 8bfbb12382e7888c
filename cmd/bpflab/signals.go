package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"syscall"

	"github.com/bpflab/bpflab/harness/command"
)

// signals are those this process gets, for all commands that run in machines.
type signals struct {
	mu     sync.Mutex
	takers map[chan string]bool
	got    int
}

// watchSignals passes signals on to takers. One that comes while there is no taker,
// and the second that would end a process, ends the context; so does one that came
// earlier, which has ended the context before.
func watchSignals(before context.Context, cancel context.CancelFunc) (s *signals, stop func()) {
	s = &signals{takers: map[chan string]bool{}}
	in := make(chan os.Signal, 8)
	signal.Notify(in, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGQUIT)
	if before.Err() != nil {
		cancel()
	}
	done := make(chan struct{})
	go func() {
		for {
			select {
			case sig := <-in:
				if !s.give(sig.(syscall.Signal)) {
					cancel()
				}
			case <-done:
				return
			}
		}
	}()
	return s, func() { signal.Stop(in); close(done) }
}

// give hands a signal to all takers; it is false when they had one before.
func (s *signals) give(sig syscall.Signal) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got++
	for c := range s.takers {
		select {
		case c <- command.SignalName(int(sig)):
		default: // it has more to do with those it got
		}
	}
	return len(s.takers) > 0 && s.got == 1
}

// take begins to take signals.
func (s *signals) take() (c chan string, done func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	c = make(chan string, 4)
	s.takers[c] = true
	return c, func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.takers, c)
	}
}
