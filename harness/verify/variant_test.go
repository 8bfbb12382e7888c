package verify

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/scheduler"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/vmstest"
)

func TestKernelThatCannotBeItsVariant(t *testing.T) {
	provider := &vmstest.Fake{Unmet: []string{"lockdown=integrity"}}
	pool := scheduler.New(scheduler.Options{Provider: provider, Dir: t.TempDir(), Retries: 2,
		Host: func() scheduler.Memory { return scheduler.Memory{Available: 64 << 30, Total: 64 << 30} }})
	object := &Object{Name: "o", ELF: []byte("o"), Programs: []Program{{Name: "p"}}}
	image := kernel.Image{Selector: "5.1+lockdown=integrity", Variant: "lockdown=integrity", Version: kernel.Version{Major: 5, Minor: 1}}
	report := Report{Results: Run(t.Context(), []*Object{object}, []kernel.Image{image}, Options{Pool: pool})}
	r := report.Results[0]
	if r.Verdict != Unsupported || r.Infra != "" || r.Reason == nil || r.Reason.Code != "variant" || !strings.Contains(r.Reason.Text, "CONFIG_SECURITY_LOCKDOWN_LSM from 5.4 on") {
		t.Errorf("%+v, %+v", r, r.Reason)
	}
	if report.Exit() != 0 || !strings.Contains(report.closing(), "1 unsupported") {
		t.Errorf("exit code %d, %q", report.Exit(), report.closing())
	}
}
