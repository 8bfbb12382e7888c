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
func maker(vendor string) func(*testing.T, sourcetest.Mirror, []byte, *store.Store) kernel.Source {
	return func(t *testing.T, mirror sourcetest.Mirror, trusted []byte, kept *store.Store) kernel.Source {
		t.Helper()
		source, err := rpmrepo.New(vendor, rpmrepo.Options{
			Mirror: mirror.URL, Only: true, Keys: trusted, Now: func() time.Time { return sourcetest.Now }, Blobs: kept, States: kept,
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

// whole has the files of a kernel in one package.
func whole(uname string) map[string][]byte {
	files := image(uname)
	files["kernel/net/veth.ko"] = []byte("fake")
	return files
}

// vendors sign packages alone. modules is the package with them; "" where the image's has them.
var vendors = map[string]struct {
	selector, version string
	releases          [2]string // of the packages
	image, modules    string
	at                string   // the repository
	empty             []string // others that the release has
	list              string   // the mirror.list that names the repository
	claims            map[string]string
}{
	"fedora": {
		selector: "fedora/43", version: "6.17.1", releases: [2]string{"300.fc43", "301.fc43"}, image: "kernel-core", modules: "kernel-modules",
		at: "updates/43/Everything/x86_64", empty: []string{"releases/43/Everything/x86_64/os"},
		claims: map[string]string{"fedora/42": "42", "fedora/12": "", "fedora/": ""},
	},
	"centos-stream": {
		selector: "centos-stream/10", version: "6.12.0", releases: [2]string{"99.el10", "124.el10"}, image: "kernel-core", modules: "kernel-modules",
		at: "10-stream/BaseOS/x86_64/os", claims: map[string]string{"centos-stream/9": "9", "centos-stream/7": ""},
	},
	"rocky": {
		selector: "rocky/9", version: "5.14.0", releases: [2]string{"427.el9", "503.el9"}, image: "kernel-core", modules: "kernel-modules",
		at:     "9/BaseOS/x86_64/os",
		claims: map[string]string{"rhel8": "8", "rocky/9.4": "9.4", "rocky/10": "10", "rocky/": "", "rocky/7": "", "rocky/9.": ""},
	},
	"alma": {
		selector: "alma/9.4", version: "5.14.0", releases: [2]string{"427.13.1.el9_4", "427.16.1.el9_4"}, image: "kernel-core", modules: "kernel-modules",
		at: "9.4/BaseOS/x86_64/os", claims: map[string]string{"alma/8": "8", "alma/9.4.1": ""},
	},
	"centos": {
		selector: "centos/7", version: "3.10.0", releases: [2]string{"1160.el7", "1160.119.1.el7"}, image: "kernel",
		at: "7.9.2009/updates/x86_64", empty: []string{"7.9.2009/os/x86_64"}, claims: map[string]string{"centos/8": "8", "centos/9": ""},
	},
	"oracle": {
		selector: "oracle/uek7", version: "5.15.0", releases: [2]string{"3.60.5.1.el9uek", "4.0.1.el9uek"}, image: "kernel-uek-core", modules: "kernel-uek-modules",
		at: "OL9/UEKR7/x86_64", claims: map[string]string{"oracle/uek6": "uek6", "oracle/uek1": ""},
	},
	"amazon": {
		selector: "amazon/2023", version: "6.1.158", releases: [2]string{"178.288.amzn2023", "180.294.amzn2023"}, image: "kernel",
		at: "al2023/core/guids/guid/x86_64", list: "al2023/core/mirrors/latest/x86_64",
		claims: map[string]string{"amazon/2/5.10": "2/5.10", "amazon/2024": "", "amazon/2/4.9": ""},
	},
}

func TestConformance(t *testing.T) {
	for name, v := range vendors {
		t.Run(name, func(t *testing.T) {
			uname := func(generation int) string { return v.version + "-" + v.releases[generation-1] + ".x86_64" }
			sourcetest.Run(t, sourcetest.Subject{
				Name: name, Selector: v.selector, Releases: [2]string{uname(1), uname(2)}, New: maker(name), Claims: v.claims,
				Lacks: map[string]string{"listed signer": "the vendor signs packages, and not the list of them"},
				Publish: func(_ *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, at time.Time, generation int) {
					release, uname := v.releases[generation-1], uname(generation)
					packages := []kerneltest.RPMFile{pack(key, at, v.image, v.version, release, uname, whole(uname))}
					if v.modules != "" {
						packages = []kerneltest.RPMFile{
							pack(key, at, v.image, v.version, release, uname, image(uname)),
							pack(key, at, v.modules, v.version, release, uname, module),
						}
					}
					mirror.AddRPMs(v.at, at, kerneltest.Key{}, packages...)
					for _, other := range v.empty {
						mirror.AddRPMs(other, at, kerneltest.Key{})
					}
					if v.list != "" {
						mirror.Put(v.list+"/mirror.list", []byte(mirror.URL+"/"+v.at+"/\n"))
					}
				},
			})
		})
	}
}

func TestConformanceOfSUSE(t *testing.T) {
	releases := [2]string{"6.4.0-150600.21-default", "6.4.0-150600.23.17-default"}
	sourcetest.Run(t, sourcetest.Subject{
		Name: "suse", Selector: "suse/15.6", Releases: releases, New: maker("suse"),
		Claims: map[string]string{"opensuse/15.6": "15.6", "suse/15.3": "15.3", "suse/": "", "suse/12": "", "opensuse/tumbleweed": ""},
		Publish: func(_ *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, at time.Time, generation int) {
			uname, release := releases[generation-1], [2]string{"150600.21.3", "150600.23.17.1"}[generation-1]
			mirror.AddRPMs("distribution/leap/15.6/repo/oss", at, key, pack(key, at, "kernel-default", "6.4.0", release, uname, whole(uname)))
			mirror.AddRPMs("update/leap/15.6/sle", at, key)
		},
	})
}
