package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/harness/lab"
	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// A vendor may build its kernels without what a lab needs: the verdict names the option. Only
// what no kernel of that version lacks is a failure.
func TestVendorKernelWithoutWhatALabNeeds(t *testing.T) {
	config := filepath.Join(t.TempDir(), "config")
	text := "CONFIG_NET_CLS_BPF=m\nCONFIG_BPF_SYSCALL=y\n# CONFIG_NET_SCH_INGRESS is not set\nCONFIG_NR_CPUS=64\n"
	if err := os.WriteFile(config, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	version := func(text string) kernel.Version {
		v, err := kernel.ParseVersion(text)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	const without = "the kernel was built without CONFIG_NET_SCH_INGRESS"
	for name, tt := range map[string]struct {
		needs  []lab.Need
		want   verdict.Verdict
		reason string
	}{
		"built in and a module": {[]lab.Need{{Config: "CONFIG_BPF_SYSCALL"}, {Config: "CONFIG_NET_CLS_BPF"}}, verdict.Pass, ""},
		"not set":               {[]lab.Need{{Config: "CONFIG_BPF_SYSCALL"}, {Config: "CONFIG_NET_SCH_INGRESS"}}, verdict.Unsupported, without},
		"unknown to it":         {[]lab.Need{{Config: "CONFIG_XDP_SOCKETS"}}, verdict.Unsupported, "the kernel was built without CONFIG_XDP_SOCKETS"},
		"since a later version": {[]lab.Need{{Config: "CONFIG_NET_SCH_INGRESS", Since: version("6.2")}}, verdict.Unsupported, without},
		"left out by choice":    {[]lab.Need{{Config: "CONFIG_NET_SCH_INGRESS", Since: version("4.1"), Optional: true}}, verdict.Unsupported, without},
		"never missing":         {[]lab.Need{{Config: "CONFIG_NET_SCH_INGRESS", Since: version("4.1")}}, verdict.Fail, without + ", which kernels have since 4.1"},
	} {
		job := Job{Lab: &lab.Lab{Header: lab.Header{Needs: tt.needs}}, Kernel: kernel.Image{Selector: "amazon/2023", Version: version("6.1"), Config: config}}
		got, reason, err := new(Session).checkNeeds(t.Context(), job)
		if got != tt.want || reason != tt.reason || err != nil {
			t.Errorf("%s: got %s, %q, %v", name, got, reason, err)
		}
	}
}
