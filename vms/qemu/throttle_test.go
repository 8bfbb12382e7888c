//go:build linux

package qemu

import (
	"testing"
	"time"
)

func TestStatTime(t *testing.T) {
	for name, c := range map[string]struct {
		stat string
		want time.Duration
	}{
		"plain":       {"7 (qemu) S 1 7 7 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 100", 3 * time.Second},
		"odd command": {"7 (a) b (c) S 1 7 7 0 -1 4194560 100 0 0 0 1 2 0 0 20 0", 30 * time.Millisecond},
		"cut":         {"7 (qemu) S 1", 0},
		"empty":       {"", 0},
	} {
		if got := statTime(c.stat); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
