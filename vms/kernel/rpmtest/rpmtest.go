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
)

// Maker makes packages, and signs them with a key of its own.
type Maker struct {
	t    testing.TB
	dir  string
	home string // of gpg
}

// New returns a Maker whose key expires after the time that gpg takes ("0" for never). It
// skips the test where the tools are not installed.
func New(t testing.TB, expires string) *Maker {
	t.Helper()
	for _, tool := range []string{"rpmbuild", "rpmsign", "createrepo_c", "gpg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; `sh ci/setup.sh tests` installs it", tool)
		}
	}
	m := &Maker{t: t, dir: t.TempDir()}
	m.home = filepath.Join(m.dir, "gpg")
	m.check(os.Mkdir(m.home, 0o700))
	t.Cleanup(func() { _ = m.command("gpgconf", "--kill", "all").Run() })
	m.run("gpg", "--batch", "--passphrase", "", "--quick-gen-key", "Test Vendor <test@example.org>", "rsa2048", "sign", expires)
	return m
}

// Public returns the armored public key.
func (m *Maker) Public() []byte { return []byte(m.run("gpg", "--armor", "--export")) }

// Package describes a package.
type Package struct {
	Name, Version, Release string
	Files                  map[string]string // on this machine, by their paths in the package
	Links                  map[string]string // targets of symbolic links, by the same
	Ghosts                 []string          // files that the package owns without having them
	Payload                string            // rpm's words for the compression; "" means w3.zstdio
	Old                    bool              // signed over header and payload, too
}

// Build returns the path of the package, signed.
func (m *Maker) Build(p Package) string {
	m.t.Helper()
	top := filepath.Join(m.dir, "build", p.Name+"-"+p.Version+"-"+p.Release)
	m.check(os.MkdirAll(top, 0o755))
	spec := filepath.Join(top, "p.spec")
	m.check(os.WriteFile(spec, []byte(p.spec()), 0o644))
	payload := p.Payload
	if payload == "" {
		payload = "w3.zstdio"
	}
	m.run("rpmbuild", "-bb", "--quiet", "--target", "x86_64", "--define", "_topdir "+top, "--define", "_binary_payload "+payload,
		"--define", "__os_install_post %{nil}", "--define", "debug_package %{nil}", spec)
	built, err := filepath.Glob(filepath.Join(top, "RPMS/x86_64/*.rpm"))
	m.check(err)
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
	m.check(err)
	args := []string{"--addsign", "--define", "__gpg " + gpg, "--define", "_gpg_name Test Vendor", "--define", "_gpg_path " + m.home}
	if old {
		args = append(args, "--rpmv3")
	}
	m.run("rpmsign", append(args, name)...)
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
%s`, p.Name, p.Version, p.Release, install.String(), files.String())
}

// Repository makes a repository of the packages at dir. They lie in at, relative to it; ""
// means in it.
func (m *Maker) Repository(dir, at string, packages ...string) {
	m.t.Helper()
	pool := filepath.Join(dir, at)
	m.check(os.MkdirAll(pool, 0o755))
	m.check(os.MkdirAll(dir, 0o755))
	for _, name := range packages {
		m.check(os.Link(name, filepath.Join(pool, filepath.Base(name))))
	}
	args := []string{"--quiet", "--outputdir", dir}
	if at != "" {
		args = append(args, "--location-prefix", at)
	}
	m.run("createrepo_c", append(args, pool)...)
}

// SignIndex signs the repomd.xml of the repository at dir.
func (m *Maker) SignIndex(dir string) {
	m.t.Helper()
	m.run("gpg", "--batch", "--yes", "--armor", "--detach-sign", filepath.Join(dir, "repodata/repomd.xml"))
}

// Says returns what rpm says of the signatures and digests of a package, with a public key.
func (m *Maker) Says(name string, public []byte) string {
	m.t.Helper()
	database := m.t.TempDir()
	key := filepath.Join(database, "key")
	m.check(os.WriteFile(key, public, 0o644))
	m.run("rpmkeys", "--dbpath", database, "--import", key)
	out, _ := m.command("rpmkeys", "--dbpath", database, "--checksig", "--verbose", name).CombinedOutput() // which fails where a digest is missing
	return string(out)
}

func (m *Maker) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "GNUPGHOME="+m.home, "LC_ALL=C")
	return cmd
}

func (m *Maker) run(name string, args ...string) string {
	m.t.Helper()
	cmd := m.command(name, args...)
	var failure strings.Builder
	cmd.Stderr = &failure
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%s: %v\n%s%s", name, err, out, failure.String())
	}
	return string(out)
}

func (m *Maker) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}
