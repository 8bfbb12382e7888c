package main

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
)

func TestAcceleratorsAreJudged(t *testing.T) {
	took := func(cold, fork time.Duration) []accelTimes {
		return []accelTimes{{cold: []time.Duration{cold * time.Millisecond}, fork: []time.Duration{fork * time.Millisecond}}}
	}
	for _, test := range []struct {
		name     string
		kvm, tcg []accelTimes
		want     string
	}{
		{"faster", took(500, 50), took(4000, 200), "yes"},
		{"a slow boot", took(5000, 50), took(4000, 200), "**no**"},
		{"a slow fork", took(500, 300), took(4000, 200), "**no**"},
	} {
		t.Run(test.name, func(t *testing.T) {
			row := acceleratorPart(named("6.1"), test.kvm, test.tcg).tables[0].Rows[0]
			if got := row[len(row)-1]; got != test.want {
				t.Errorf("got %q, want %q: %q", got, test.want, row)
			}
		})
	}
}

func TestUnusableKVMIsNotMeasured(t *testing.T) {
	var page strings.Builder
	notMeasured(&vms.StartError{Err: errors.New("no /dev/kvm")}).write(&page)
	if got := page.String(); !strings.Contains(got, "## KVM") || !strings.Contains(got, "Not measured on this host: no /dev/kvm.") {
		t.Errorf("page %q", got)
	}
}
