package run

import (
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/plan"
	"github.com/bpflab/bpflab/vms/kernel"
)

func TestCellDir(t *testing.T) {
	for series, want := range map[string]string{"6.1": "007-hello-6.1", "6.1/generic": "007-hello-6.1-generic", "local:mine": "007-hello-local-mine"} {
		if got := cellDir(plan.Cell{Index: 7, Lab: &lab.Lab{Name: "hello"}, Kernel: kernel.Image{Series: series}}); got != want {
			t.Errorf("%s: %s, want %s", series, got, want)
		}
	}
}
