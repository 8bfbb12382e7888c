package main

import (
	"strings"
	"testing"
)

func TestCountJobs(t *testing.T) {
	for n, want := range map[int]string{0: "no lab is left", 1: "", mostJobs: "", mostJobs + 1: "257 jobs are more than the 256 that a matrix of GitHub Actions may have: give --shards"} {
		switch err := countJobs(n); {
		case (err == nil) != (want == ""):
			t.Errorf("%d: %v", n, err)
		case err != nil && !strings.Contains(err.Error(), want):
			t.Errorf("%d: %v, want %q", n, err, want)
		}
	}
}
