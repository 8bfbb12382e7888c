package workshop

import (
	"testing"
	"time"
)

func TestExcess(t *testing.T) {
	for name, c := range map[string]struct {
		used, in time.Duration
		share    float64
		want     time.Duration
	}{
		"no limit":        {time.Second, time.Second, 0, 0},
		"idle":            {0, time.Second, 0.5, 0},
		"at its share":    {500 * time.Millisecond, time.Second, 0.5, 0},
		"all of half":     {time.Second, time.Second, 0.5, time.Second},
		"two processors":  {2 * time.Second, time.Second, 1, time.Second},
		"never very long": {time.Minute, time.Second, 0.1, maxPause},
	} {
		if got := excess(c.used, c.in, c.share); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}
