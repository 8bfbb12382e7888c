package ubuntu_test

import (
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
	"github.com/bpflab/bpflab/vms/kernel/ubuntu"
)

func newSource(t *testing.T, mirror sourcetest.Mirror, trusted []byte, kept *store.Store) kernel.Source {
	t.Helper()
	source, err := ubuntu.New(ubuntu.Options{Mirror: mirror.URL, Launchpad: mirror.URL, Keys: trusted, Now: func() time.Time { return sourcetest.Now }, Blobs: kept, States: kept})
	if err != nil {
		t.Fatal(err)
	}
	return source
}

func TestConformance(t *testing.T) {
	releases := [2]string{"5.15.0-99-aws", "5.15.0-100-aws"}
	versions := [2]string{"5.15.0-99.109", "5.15.0-100.110"}
	sourcetest.Run(t, sourcetest.Subject{
		Name: kernel.Ubuntu, Selector: "ubuntu/22.04/aws", Releases: releases, New: newSource,
		Claims: map[string]string{
			"ubuntu/jammy": "22.04", "ubuntu/22.04/generic": "22.04", "ubuntu/jammy/aws/5.15": "22.04/aws", "ubuntu/22.04/6.5": "22.04/6.5",
			"ubuntu/20.04/hwe/lowlatency": "20.04/lowlatency/hwe", "ubuntu/22.04/extra": "22.04/extra", "ubuntu/22.04/5.15.0-100-aws": "22.04/5.15.0-100-aws",
			"ubuntu/": "", "ubuntu/99.04": "", "ubuntu/22.04/": "", "ubuntu/22.04/wsa": "", "ubuntu/22.04/hwe/6.5": "",
		},
		Publish: func(_ *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, at time.Time, generation int) {
			kerneltest.UbuntuSuites(mirror.Repository, key, at, "jammy", kerneltest.SplitKernel("image", releases[generation-1], versions[generation-1]))
		},
	})
}
