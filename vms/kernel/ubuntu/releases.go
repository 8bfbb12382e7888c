package ubuntu

import (
	"slices"

	"github.com/bpflab/bpflab/vms/kernel"
)

// release is a long-term release. Others leave the archive after nine months.
type release struct {
	version  string
	codename string
	series   string   // that it was released with
	hwe      []string // that followed, for newer hardware
}

// releases and their series, as archive.ubuntu.com's dists/CODENAME-updates have them in
// November 2026.
var releases = []release{
	{"26.04", "resolute", "7.0", nil},
	{"24.04", "noble", "6.8", []string{"6.11", "6.14", "6.17", "7.0"}},
	{"22.04", "jammy", "5.15", []string{"5.19", "6.2", "6.5", "6.8"}},
	{"20.04", "focal", "5.4", []string{"5.8", "5.11", "5.13", "5.15"}},
	{"18.04", "bionic", "4.15", []string{"4.18", "5.0", "5.3", "5.4"}},
	{"16.04", "xenial", "4.4", []string{"4.15"}},
}

// suites returns the suites that have its kernels, the better last. What the security suite
// has is in updates too.
func (r release) suites() []string { return []string{r.codename, r.codename + "-updates"} }

// homeOf returns the release that a series is looked for in where none is named: the one
// that was released with it, else the one that got it later.
func homeOf(series string) (release, bool) {
	for _, has := range []func(release) bool{
		func(r release) bool { return r.series == series },
		func(r release) bool { return slices.Contains(r.hwe, series) },
	} {
		if i := slices.IndexFunc(releases, has); i >= 0 {
			return releases[i], true
		}
	}
	return release{}, false
}

func releaseNamed(name string) (release, bool) {
	i := slices.IndexFunc(releases, func(r release) bool { return r.version == name || r.codename == name })
	if i < 0 {
		return release{}, false
	}
	return releases[i], true
}

// overlaps reports whether a version of the series can be in the range.
func overlaps(series string, within kernel.Range) bool {
	r, err := kernel.ParseRange(series)
	return err == nil && r.Overlaps(within)
}
