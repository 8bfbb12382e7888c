package main

import (
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/ci/table"
	"github.com/bpflab/bpflab/vms/kernel"
)

func TestPairRow(t *testing.T) {
	before := []usage{{wall: 2 * time.Second, cpu: time.Second}}
	for _, tt := range []struct {
		name  string
		now   usage
		holds string
	}{
		{"as fast", usage{wall: 2 * time.Second, cpu: time.Second}, "yes"},
		{"slower", usage{wall: 3 * time.Second, cpu: time.Second}, "**no**"},
		{"more work", usage{wall: 2 * time.Second, cpu: 2 * time.Second}, "**no**"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var tab table.Table
			pair{before: before, now: []usage{tt.now}}.row(&tab, tt.name)
			if row := tab.Rows[0]; row[len(row)-1] != tt.holds {
				t.Errorf("got %v, want %s at its end", row, tt.holds)
			}
		})
	}
}

func TestVersusJobsNameKernels(t *testing.T) {
	for _, j := range versusJobs([]kernel.Image{{Release: "5.10.0-1"}, {Release: "6.1.0-2"}}, "x.o") {
		if !strings.Contains(strings.Join(j.args, " "), "--kernel 5.10.0-1") {
			t.Errorf("%s: %v names no kernel", j.name, j.args)
		}
	}
}
