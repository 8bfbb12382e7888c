package debian

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// Busybox returns the busybox of an architecture's machines: the newest of the newest stable
// release, which has all architectures. As with kernels, a suite that does not answer is left out
// where another one has it. Errors are *kernel.UnavailableError, or say that the release has none.
func (s *Source) Busybox(ctx context.Context, arch kernel.Arch) (kernel.Busybox, error) {
	release := stable()
	newest := kernel.Busybox{Arch: arch.OrDefault()}
	var failed error
	for _, suite := range suites {
		if suite.name != release && suite.name != release+"-security" {
			continue
		}
		entries, err := s.kept(ctx, suite, arch)
		if err != nil && failed == nil {
			failed = err
		}
		for _, e := range entries {
			if e.Package == kernel.BusyboxPackage && (newest.Suite == "" || apt.CompareVersions(e.Version, newest.File.Version) > 0) {
				newest.Suite, newest.File = suite.name, e.File()
			}
		}
	}
	if newest.Suite == "" && failed != nil {
		return newest, failed
	}
	if newest.Suite == "" {
		return newest, fmt.Errorf("no package %s for %s is in Debian %s", kernel.BusyboxPackage, arch.OrDefault(), release)
	}
	return newest, newest.Check()
}

// stable returns the newest release: no suite beside one, as trixie-backports is.
func stable() (name string) {
	for _, s := range suites {
		if !strings.Contains(s.name, "-") {
			name = s.name
		}
	}
	return name
}

// kept returns what is kept of a suite's index of an architecture; nothing where the suite does
// not have that.
func (s *Source) kept(ctx context.Context, suite suite, arch kernel.Arch) ([]apt.Entry, error) {
	described, err := s.describe(suite)
	if err != nil {
		return nil, err
	}
	described.Arch = arch
	entries, _, err := s.archive.Kernels(ctx, described, isKept)
	if errors.Is(err, apt.ErrNoArch) {
		return nil, nil
	}
	return entries, err
}
