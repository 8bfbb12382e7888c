package main

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/workshop"
)

// transcript is what a terminal of a workshop writes.
type transcript struct {
	mu   sync.Mutex
	text strings.Builder
}

func (s *transcript) follow(t *workshop.Terminal) {
	kept, output, leave := t.View()
	defer leave()
	s.add(kept)
	for p := range output {
		s.add(p)
	}
}

func (s *transcript) add(p []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.text.Write(p)
}

func (s *transcript) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// wait waits until the terminal has written a text.
func (s *transcript) wait(t *testing.T, text string) {
	t.Helper()
	for until := time.Now().Add(2 * time.Minute); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if strings.Contains(s.String(), text) {
			return
		}
	}
	t.Fatalf("the terminal never wrote %q, but:\n%s", text, s.String())
}
