package mainline_test

import (
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/mainline"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

func TestConformance(t *testing.T) {
	releases := [2]string{"6.6.8-060608-generic", "6.6.9-060609-generic"}
	sourcetest.Run(t, sourcetest.Subject{
		Name: kernel.Mainline, Selector: "mainline/6.6", Releases: releases,
		Lacks: map[string]string{"replayed": "CHECKSUMS has no date, and nobody signs the list of builds"},
		Claims: map[string]string{
			"mainline/6.18.3": "6.18.3", "mainline/7.1-rc3": "7.1-rc3", "mainline/5.1.0": "5.1.0",
			"mainline/": "", "mainline/3.2": "", "mainline/latest": "", "mainline/6.6/aws": "",
		},
		New: func(t *testing.T, mirror sourcetest.Mirror, trusted []byte, kept *store.Store) kernel.Source {
			ring, err := apt.Ring(trusted)
			if err != nil {
				t.Fatal(err)
			}
			source, err := mainline.New(mainline.Options{
				Mirror: mirror.URL, KeyServer: mirror.URL, Fingerprint: apt.Fingerprint(ring[0]),
				Now: func() time.Time { return sourcetest.Now }, Blobs: kept, States: kept,
			})
			if err != nil {
				t.Fatal(err)
			}
			return source
		},
		Publish: func(_ *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, at time.Time, generation int) {
			dir := []string{"v6.6.8/amd64", "v6.6.9/amd64"}[generation-1]
			version := []string{"6.6.8-060608.202312201234", "6.6.9-060609.202401011234"}[generation-1]
			kerneltest.MainlineBuild(mirror.Repository, key, at, dir, kerneltest.SplitKernel("image-unsigned", releases[generation-1], version))
		},
	})
}
