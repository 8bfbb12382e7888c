package main

import (
	"testing"
	"time"
)

func TestMedian(t *testing.T) {
	tests := []struct {
		name string
		all  []float64
		want float64
	}{
		{"none", nil, 0},
		{"one", []float64{3}, 3},
		{"odd", []float64{9, 1, 2}, 2},
		{"even", []float64{8, 1, 2, 4}, 3},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := median(tt.all); got != tt.want {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestMedianLeavesTheOrder(t *testing.T) {
	all := []int64{3, 1, 2}
	median(all)
	if all[0] != 3 || all[1] != 1 {
		t.Errorf("the rounds are now %v", all)
	}
}

func TestMean(t *testing.T) {
	if got := mean([]int64{1, 2, 6}); got != 3 {
		t.Errorf("got %d, want 3", got)
	}
	if got := mean([]time.Duration(nil)); got != 0 {
		t.Errorf("of none: got %v, want 0", got)
	}
}

func TestSeconds(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0.00 s",
		1234 * time.Millisecond:   "1.23 s",
		-50 * time.Millisecond:    "-0.05 s",
		148500 * time.Millisecond: "148.5 s",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}
