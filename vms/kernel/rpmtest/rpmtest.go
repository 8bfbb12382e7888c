// Package rpmtest makes RPM packages and repositories with the distributions' own tools
// (rpmbuild, rpmsign, createrepo_c and gpg), for tests of what reads them.
package rpmtest

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/toolstest"
)

// Maker makes packages, and signs them with a key of its own.
type Maker struct {
	*toolstest.Tools
	t testing.TB
}

// New returns a Maker whose key expires after the time that gpg takes ("0" for never). It
// skips the test where the tools are not installed.
func New(t testing.TB, expires string) *Maker {
	t.Helper()
	return &Maker{toolstest.New(t, "Test Vendor", expires, "rpmbuild", "rpmsign", "createrepo_c"), t}
}

// Package describes a package.
type Package struct {
	Name, Version, Release string
	Files                  map[string]string // on this machine, by their paths in the package
	Links                  map[string]string // targets of symbolic links, by the same
	Ghosts                 []string          // files that the package owns without having them
	Payload                string            // rpm's words for the compression; "" means w3.zstdio
	Old                    bool              // signed over header and payload, too
	Changelog              string            // as a spec file has it, the newest entry first
}

// Build returns the path of the package, signed.
func (m *Maker) Build(p Package) string {
	m.t.Helper()
	top := filepath.Join(m.Dir, "build", p.Name+"-"+p.Version+"-"+p.Release)
	m.Check(os.MkdirAll(top, 0o755))
	spec := filepath.Join(top, "p.spec")
	m.Check(os.WriteFile(spec, []byte(p.spec()), 0o644))
	payload := p.Payload
	if payload == "" {
		payload = "w3.zstdio"
	}
	m.Run(m.Dir, "rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", "_topdir "+top, "--define", "_binary_payload "+payload,
		"--define", "__os_install_post %{nil}", "--define", "debug_package %{nil}", spec)
	built, err := filepath.Glob(filepath.Join(top, "RPMS/x86_64/*.rpm"))
	m.Check(err)
	if len(built) != 1 {
		m.t.Fatalf("rpmbuild made %q", built)
	}
	m.Sign(built[0], p.Old)
	return built[0]
}

// Sign signs a package; old adds a signature over header and payload.
func (m *Maker) Sign(name string, old bool) {
	m.t.Helper()
	gpg, err := exec.LookPath("gpg")
	m.Check(err)
	args := []string{"--addsign", "--define", "__gpg " + gpg, "--define", "_gpg_name Test Vendor", "--define", "_gpg_path " + m.Home}
	if old {
		args = append(args, "--rpmv3")
	}
	m.Run(m.Dir, "rpmsign", append(args, name)...)
}

// spec returns the spec file of p, which copies its files.
func (p Package) spec() string {
	var install, files strings.Builder
	for _, path := range slices.Sorted(maps.Keys(p.Files)) {
		fmt.Fprintf(&install, "mkdir -p %%{buildroot}%s\ncp %s %%{buildroot}%s\n", filepath.Dir(path), p.Files[path], path)
		fmt.Fprintf(&files, "%s\n", path)
	}
	for _, path := range slices.Sorted(maps.Keys(p.Links)) {
		fmt.Fprintf(&install, "mkdir -p %%{buildroot}%s\nln -s %s %%{buildroot}%s\n", filepath.Dir(path), p.Links[path], path)
		fmt.Fprintf(&files, "%s\n", path)
	}
	for _, path := range p.Ghosts {
		fmt.Fprintf(&files, "%%ghost %s\n", path)
	}
	return fmt.Sprintf(`Name: %s
Version: %s
Release: %s
Summary: test
License: GPL
AutoReqProv: no
%%description
test
%%install
mkdir -p %%{buildroot}
%s
%%files
%s%%changelog
%s`, p.Name, p.Version, p.Release, install.String(), files.String(), p.Changelog)
}

// Repository makes a repository of the packages at dir. They lie in at, relative to it; ""
// means in it.
func (m *Maker) Repository(dir, at string, packages ...string) {
	m.t.Helper()
	pool := filepath.Join(dir, at)
	m.Check(os.MkdirAll(pool, 0o755))
	m.Check(os.MkdirAll(dir, 0o755))
	for _, name := range packages {
		m.Check(os.Link(name, filepath.Join(pool, filepath.Base(name))))
	}
	args := []string{"--quiet", "--outputdir", dir}
	if at != "" {
		args = append(args, "--location-prefix", at)
	}
	m.Run(m.Dir, "createrepo_c", append(args, pool)...)
}

// SignIndex signs the repomd.xml of the repository at dir.
func (m *Maker) SignIndex(dir string) {
	m.t.Helper()
	m.Run(m.Dir, "gpg", "--batch", "--yes", "--armor", "--detach-sign", filepath.Join(dir, "repodata/repomd.xml"))
}

// Says returns what rpm says of the signatures and digests of a package, with a public key.
func (m *Maker) Says(name string, public []byte) string {
	m.t.Helper()
	database := m.t.TempDir()
	key := filepath.Join(database, "key")
	m.Check(os.WriteFile(key, public, 0o644))
	m.Run(m.Dir, "rpmkeys", "--dbpath", database, "--import", key)
	out, _ := m.Command(m.Dir, "rpmkeys", "--dbpath", database, "--checksig", "--verbose", name).CombinedOutput() // which fails where a digest is missing
	return string(out)
}
