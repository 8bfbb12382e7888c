package main

import (
	"strings"
	"testing"
)

// TestFollow has consoles of machines that ended in each way.
func TestFollow(t *testing.T) {
	for name, tt := range map[string]struct {
		console, last string
		ended         bool
	}{
		"to its end": {"doctor 0 1.0\nfinished\nreboot: Power down", "finished", false},
		"panic":      {"[1.0] Kernel panic - not syncing: Fatal exception\n[1.1] Kernel Offset: 0x1", "[1.0] Kernel panic - not syncing: Fatal exception", false},
		"at once":    {"doctor 0 1.0", "doctor 0 1.0", false},
		"slow":       {"[9.0] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [bpflab:508]\nfinished", "finished", false},
		"stuck":      {"[9.0] watchdog: BUG: soft lockup - CPU#1 stuck for 53s! [bpflab:508]\nlater", "[9.0] watchdog: BUG: soft lockup - CPU#1 stuck for 53s! [bpflab:508]", true},
	} {
		ended, heard := false, 0
		last := follow(strings.NewReader(tt.console), func() { heard++ }, func() { ended = true })
		if last != tt.last || ended != tt.ended || heard == 0 {
			t.Errorf("%s: %q, ended %v, want %q, %v", name, last, ended, tt.last, tt.ended)
		}
	}
}
