package debian

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// Suites returns the names of the releases that Install takes packages from.
func Suites() []string {
	var names []string
	for _, s := range suites {
		if s.name == s.codename {
			names = append(names, s.name)
		}
	}
	return names
}

// Plan is what Install would fetch: a release's essential packages and those that were
// asked for, with all they depend on.
type Plan struct {
	Suite    string
	Packages []string // "name version", sorted
	entries  []planned
}

type planned struct {
	apt.Entry
	suite suite
}

// Digests returns the SHA-256 of every package, in order.
func (p Plan) Digests() []string {
	var all []string
	for _, e := range p.entries {
		all = append(all, e.SHA256)
	}
	return all
}

// PackageError is a package that a release does not have.
type PackageError struct{ Suite, Package, For string }

func (e *PackageError) Error() string {
	if e.For != "" {
		return fmt.Sprintf("Debian %s has no package %s, which %s depends on", e.Suite, e.Package, e.For)
	}
	return fmt.Sprintf("Debian %s has no package %s", e.Suite, e.Package)
}

// ArchError is an architecture that a release is not made for.
type ArchError struct {
	Suite string
	Arch  kernel.Arch
}

func (e *ArchError) Error() string {
	return fmt.Sprintf("Debian %s has no packages for %s", e.Suite, e.Arch.OrDefault())
}

// Plan finds the packages of a release for an architecture, by its verified indexes. Versions in
// dependencies are not looked at: within a release they hold. Of alternatives the
// first that the release has is taken; compilers for kernel modules, on which headers
// depend, are left out. Errors are *PackageError, *ArchError, or *kernel.UnavailableError.
func (s *Source) Plan(ctx context.Context, name string, arch kernel.Arch, wanted []string) (Plan, error) {
	if !slices.Contains(Suites(), name) {
		return Plan{}, fmt.Errorf("no Debian release %q; there is %s", name, strings.Join(Suites(), ", "))
	}
	index := newPool(name)
	for _, suite := range suites {
		if suite.name != name && suite.name != name+"-security" {
			continue
		}
		described, err := s.describe(suite)
		if err != nil {
			return Plan{}, err
		}
		described.Arch = arch
		entries, err := s.archive.Packages(ctx, described)
		switch {
		case errors.Is(err, apt.ErrNoArch) && suite.name != name: // security support of fewer architectures
			continue
		case errors.Is(err, apt.ErrNoArch):
			return Plan{}, &ArchError{name, arch}
		case err != nil:
			return Plan{}, err
		}
		for _, e := range entries {
			index.add(planned{e, suite})
		}
	}
	return index.plan(wanted)
}

// Install fetches the packages of a plan and returns their paths, in its order.
func (s *Source) Install(ctx context.Context, p Plan) ([]string, error) {
	var paths []string
	for _, e := range p.entries {
		file := kernel.File{Path: e.Filename, Size: e.Size, SHA256: e.SHA256}
		found, err := s.archive.Fetch(ctx, s.mirrors.base(e.suite), []kernel.File{file})
		if err != nil {
			return nil, err
		}
		paths = append(paths, found...)
	}
	return paths, nil
}

// pool is the packages of a release by name, the newest of each.
type pool struct {
	suite    string
	byName   map[string]planned
	provided map[string][]string // who provides a name
	picked   map[string]bool
	order    []planned
}

func newPool(suite string) *pool {
	return &pool{suite: suite, byName: map[string]planned{}, provided: map[string][]string{}, picked: map[string]bool{}}
}

func (p *pool) add(e planned) {
	if old, there := p.byName[e.Package]; there && apt.CompareVersions(old.Version, e.Version) >= 0 {
		return
	}
	p.byName[e.Package] = e
	for _, names := range dependencies(e.Provides) {
		p.provided[names[0]] = append(p.provided[names[0]], e.Package)
	}
}

func (p *pool) plan(wanted []string) (Plan, error) {
	var first []string
	for name, e := range p.byName {
		if e.Essential {
			first = append(first, name)
		}
	}
	slices.Sort(first)
	for _, name := range append(first, wanted...) {
		if err := p.pick([]string{name}, ""); err != nil {
			return Plan{}, err
		}
	}
	slices.SortFunc(p.order, func(a, b planned) int { return cmp.Compare(a.Package, b.Package) })
	plan := Plan{Suite: p.suite, entries: p.order}
	for _, e := range p.order {
		plan.Packages = append(plan.Packages, e.Package+" "+e.Version)
	}
	return plan, nil
}

// pick takes one of some alternatives, and what it depends on.
func (p *pool) pick(names []string, dependent string) error {
	for _, name := range names {
		if p.picked[name] {
			return nil
		}
		for _, provider := range p.provided[name] {
			if p.picked[provider] {
				return nil
			}
		}
	}
	for _, name := range names {
		if strings.HasPrefix(name, "linux-compiler-") {
			return nil
		}
		e, ok := p.byName[name]
		if !ok {
			providers := slices.Sorted(slices.Values(p.provided[name]))
			if len(providers) == 0 {
				continue
			}
			e = p.byName[providers[0]]
		}
		p.picked[e.Package] = true
		p.order = append(p.order, e)
		for _, d := range append(dependencies(e.PreDepends), dependencies(e.Depends)...) {
			if err := p.pick(d, e.Package); err != nil {
				return err
			}
		}
		return nil
	}
	return &PackageError{p.suite, names[0], dependent}
}

// dependencies returns the names in a field, each with its alternatives.
func dependencies(field string) [][]string {
	var all [][]string
	for clause := range strings.SplitSeq(field, ",") {
		var names []string
		for one := range strings.SplitSeq(clause, "|") {
			name, _, _ := strings.Cut(strings.TrimSpace(one), " ")
			name, _, _ = strings.Cut(name, "(")
			if name, _, _ = strings.Cut(name, ":"); name != "" {
				names = append(names, name)
			}
		}
		if len(names) > 0 {
			all = append(all, names)
		}
	}
	return all
}
