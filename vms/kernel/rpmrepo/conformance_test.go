package rpmrepo_test

import (
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/rpmrepo"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// maker returns a maker of a vendor's source.
func maker(vendor string) func(*testing.T, string, []byte, *store.Store) kernel.Source {
	return func(t *testing.T, mirror string, trusted []byte, kept *store.Store) kernel.Source {
		t.Helper()
		source, err := rpmrepo.New(vendor, rpmrepo.Options{
			Mirror: mirror, Only: true, Keys: trusted, Now: func() time.Time { return sourcetest.Now }, Blobs: kept, States: kept,
		})
		if err != nil {
			t.Fatal(err)
		}
		return source
	}
}

// pack makes a package whose files are below the modules of a kernel.
func pack(key kerneltest.Key, at time.Time, name, version, release, uname string, files map[string][]byte) kerneltest.RPMFile {
	p := kerneltest.RPM{Name: name, Version: version, Release: release}
	for file, body := range files {
		p.Entries = append(p.Entries, kerneltest.Entry{Name: "./lib/modules/" + uname + "/" + file, Body: body})
	}
	return kerneltest.RPMFile{RPM: p, Body: p.Pack(key, at)}
}

func image(uname string) map[string][]byte {
	return map[string][]byte{"vmlinuz": kerneltest.Kernel(uname), "config": []byte("CONFIG_BPF_SYSCALL=y\n")}
}

var module = map[string][]byte{"kernel/net/veth.ko": []byte("fake")}

func TestConformanceOfRocky(t *testing.T) {
	releases := [2]string{"5.14.0-427.el9.x86_64", "5.14.0-503.el9.x86_64"}
	sourcetest.Run(t, sourcetest.Vendor{
		Name: "rocky", Selector: "rocky/9", Releases: releases, New: maker("rocky"), Late: true,
		Claims: map[string]string{"rhel8": "8", "rocky/9.4": "9.4", "rocky/10": "10", "rocky/": "", "rocky/7": "", "rocky/9.": ""},
		Publish: func(_ *testing.T, mirror *kerneltest.Repository, key kerneltest.Key, at time.Time, generation int) {
			uname, release := releases[generation-1], [2]string{"427.el9", "503.el9"}[generation-1]
			mirror.AddRPMs("9/BaseOS/x86_64/os", at, kerneltest.Key{},
				pack(key, at, "kernel-core", "5.14.0", release, uname, image(uname)),
				pack(key, at, "kernel-modules", "5.14.0", release, uname, module))
		},
	})
}

func TestConformanceOfSUSE(t *testing.T) {
	releases := [2]string{"6.4.0-150600.21-default", "6.4.0-150600.23.17-default"}
	sourcetest.Run(t, sourcetest.Vendor{
		Name: "suse", Selector: "suse/15.6", Releases: releases, New: maker("suse"),
		Claims: map[string]string{"opensuse/15.6": "15.6", "suse/15.3": "15.3", "suse/": "", "suse/12": "", "opensuse/tumbleweed": ""},
		Publish: func(_ *testing.T, mirror *kerneltest.Repository, key kerneltest.Key, at time.Time, generation int) {
			uname, release := releases[generation-1], [2]string{"150600.21.3", "150600.23.17.1"}[generation-1]
			files := image(uname)
			files["kernel/net/veth.ko.zst"] = []byte("fake")
			mirror.AddRPMs("distribution/leap/15.6/repo/oss", at, key, pack(key, at, "kernel-default", "6.4.0", release, uname, files))
			mirror.AddRPMs("update/leap/15.6/sle", at, key)
		},
	})
}
