package kerneltest

import (
	"archive/tar"
	"strings"
	"time"
)

// SplitKernel returns the packages of a kernel in Ubuntu's layout: of image, which is "image" or
// "image-unsigned", of modules, and of further modules. The order is always the same.
func SplitKernel(image, release, version string) []Package {
	entries := map[string][]Entry{}
	for _, e := range KernelEntries(release) {
		part := "modules"
		if strings.Contains(e.Name, "vmlinuz") {
			part = image
		}
		entries[part] = append(entries[part], e)
	}
	entries["modules-extra"] = []Entry{
		{Name: "./lib/modules/" + release + "/", Type: tar.TypeDir},
		{Name: "./lib/modules/" + release + "/kernel/extra.ko", Body: []byte("fake")},
	}
	depends := map[string]string{
		image: "kmod, linux-base (>= 4.5), linux-modules-" + release, "modules": "linux-image-" + release + " | linux-image-unsigned-" + release,
	}
	var packages []Package
	for _, part := range []string{image, "modules", "modules-extra"} {
		name := "linux-" + part + "-" + release
		packages = append(packages, Package{Name: name, Version: version, Depends: depends[part], Body: Deb(name, version, entries[part])})
	}
	return packages
}

// UbuntuSuites puts a release's suites on a mirror; the packages are in updates.
func UbuntuSuites(mirror *Repository, key Key, at time.Time, codename string, packages ...[]Package) {
	s := Suite{Path: codename + "-updates", Suite: codename + "-updates", Codename: codename, Date: at}
	for _, p := range packages {
		s.Packages = append(s.Packages, p...)
	}
	mirror.Add(s, key)
	mirror.Add(Suite{Path: codename, Suite: codename, Codename: codename, Date: at}, key)
}
