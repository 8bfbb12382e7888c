package catalogue

import (
	"slices"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/rpmrepo"
)

// Every vendor of RPM packages is a source of the catalogue, and nobody else claims what it
// does.
func TestRPMVendorsAreSources(t *testing.T) {
	c, err := Open(Options{Cache: t.TempDir()})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range rpmrepo.Names() {
		if !slices.Contains(SourceNames(), name) {
			t.Errorf("%s is no source", name)
		}
	}
	for selector, want := range map[string]string{
		"rhel8": "rocky/8", "rhel9": "rocky/9", "alma/9.4": "alma/9.4", "centos-stream/10": "centos-stream/10", "amazon/2023": "amazon/2023",
		"amazon/2/5.10": "amazon/2/5.10", "oracle/uek7": "oracle/uek7", "fedora/43": "fedora/43", "suse/15.6": "suse/15.6", "opensuse/15.6": "suse/15.6", "centos/7": "centos/7",
	} {
		parsed, err := c.sources.parse([]string{selector})
		if err != nil {
			t.Error(err)
			continue
		}
		if got := parsed[0].Source() + "/" + parsed[0].Want().Track; got != want {
			t.Errorf("%s: got %s, want %s", selector, got, want)
		}
	}
}
