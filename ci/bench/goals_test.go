package main

import (
	"context"
	"io"
	"testing"
)

func TestGoalComparesBothBinaries(t *testing.T) {
	times := map[string][]float64{"before": {9, 2, 4}, "now": {9, 1, 3}} // the first of each fills the caches
	measure := func(_ context.Context, binary string) (float64, error) {
		next := times[binary][0]
		times[binary] = times[binary][1:]
		return next, nil
	}
	b := &bench{binary: "now", against: "before", progress: io.Discard}
	row, err := b.measureGoal(t.Context(), goal{"something", 0.7, inSeconds, 2, measure})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"something", "3.00 s", "2.00 s", "0.67", "0.50 to 0.75", "0.70", "yes"}
	for i := range want {
		if row[i] != want[i] {
			t.Errorf("column %d is %q, want %q", i, row[i], want[i])
		}
	}
}
