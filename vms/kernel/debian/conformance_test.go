package debian_test

import (
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/debian"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

func TestConformance(t *testing.T) {
	versions := [2]string{"6.1.190-1", "6.1.192-2"}
	releases := [2]string{"6.1.0-55-cloud-amd64", "6.1.0-56-cloud-amd64"}
	sourcetest.Run(t, sourcetest.Subject{
		Name: kernel.Debian, Selector: "debian/6.1", Releases: releases,
		New: func(t *testing.T, mirror sourcetest.Mirror, trusted []byte, kept *store.Store) kernel.Source {
			source, err := debian.New(debian.Options{
				Mirrors: debian.Mirrors{Main: mirror.URL, Security: mirror.URL + "/security", Archive: mirror.URL},
				Keys:    debian.Keys{Current: trusted}, Now: func() time.Time { return sourcetest.Now }, Blobs: kept, States: kept,
			})
			if err != nil {
				t.Fatal(err)
			}
			return source
		},
		Publish: func(_ *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, at time.Time, generation int) {
			name, version := "linux-image-"+releases[generation-1], versions[generation-1]
			one := kerneltest.Package{Name: name, Version: version, Body: kerneltest.Deb(name, version, kerneltest.KernelEntries(releases[generation-1]))}
			mirror.Add(kerneltest.Suite{Path: "bookworm", Codename: "bookworm", Date: at, Packages: []kerneltest.Package{one}}, key)
			mirror.Add(kerneltest.Suite{Root: "security", Path: "bookworm-security", Codename: "bookworm-security", Date: at}, key)
		},
	})
}
