package main

import "testing"

func TestBest(t *testing.T) {
	b := best{}
	for _, seconds := range []float64{3, 1, 2} {
		b.keep("warm", seconds)
	}
	b.keep("cold", 8)
	if b["warm"] != 1 || b["cold"] != 8 {
		t.Errorf("%v, want the least of each", b)
	}
}
