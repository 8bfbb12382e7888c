// Package apttest makes packages, archives and mainline builds with Debian's and Ubuntu's own
// tools (dpkg-deb, apt-ftparchive, xz, sha256sum and gpg), for tests of what reads them.
package apttest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel/toolstest"
)

// Maker makes packages and archives, and signs them with a key of its own.
type Maker struct {
	*toolstest.Tools
	t testing.TB
}

// New returns a Maker. It skips the test where the tools are not installed.
func New(t testing.TB) *Maker {
	t.Helper()
	return &Maker{toolstest.New(t, "Test Archive", "0", "dpkg-deb", "apt-ftparchive", "xz"), t}
}

// Package describes a package.
type Package struct {
	Name, Version, Depends string
	Files                  map[string]string // files or directories on this machine, by their paths in the package
}

// Build returns the path of the package.
func (m *Maker) Build(p Package) string {
	m.t.Helper()
	root := filepath.Join(m.Dir, "build", p.Name+"_"+p.Version)
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@example.org>\nDescription: test\n", p.Name, p.Version)
	if p.Depends != "" {
		control += "Depends: " + p.Depends + "\n"
	}
	m.Check(os.MkdirAll(filepath.Join(root, "DEBIAN"), 0o755))
	m.Check(os.WriteFile(filepath.Join(root, "DEBIAN/control"), []byte(control), 0o644))
	for to, from := range p.Files {
		target := filepath.Join(root, to)
		m.Check(os.MkdirAll(filepath.Dir(target), 0o755))
		m.Run(m.Dir, "cp", "-rL", from, target)
	}
	file := root + "_amd64.deb"
	m.Run(m.Dir, "dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", root, file)
	m.Check(os.RemoveAll(root))
	return file
}

// Suite makes a suite of an archive below root, with the packages in its pool, and signs it.
func (m *Maker) Suite(root, suite, codename string, packages ...string) {
	m.t.Helper()
	pool := filepath.Join("pool", suite)
	index := filepath.Join("dists", suite, "main/binary-amd64")
	m.Check(os.MkdirAll(filepath.Join(root, pool), 0o755))
	m.Check(os.MkdirAll(filepath.Join(root, index), 0o755))
	for _, p := range packages {
		m.Run(m.Dir, "cp", p, filepath.Join(root, pool)+"/")
	}
	m.write(filepath.Join(root, index, "Packages"), m.Run(root, "apt-ftparchive", "packages", pool))
	m.Run(root, "xz", "-f", filepath.Join(index, "Packages"))
	dists := filepath.Join("dists", suite)
	release := m.Run(root, "apt-ftparchive",
		"-o", "APT::FTPArchive::Release::Suite="+suite, "-o", "APT::FTPArchive::Release::Codename="+codename, "release", dists)
	m.write(filepath.Join(root, dists, "Release"), release)
	m.Run(filepath.Join(root, dists), "gpg", "--batch", "--yes", "--clearsign", "-o", "InRelease", "Release")
}

// Mainline makes a build below root as kernel.ubuntu.com/mainline has it, with an index and
// the key of the key server.
func (m *Maker) Mainline(root, version string, packages ...string) {
	m.t.Helper()
	dir := filepath.Join(root, "v"+version, "amd64")
	m.Check(os.MkdirAll(dir, 0o755))
	m.Check(os.MkdirAll(filepath.Join(root, "pks"), 0o755))
	var names []string
	for _, p := range packages {
		m.Run(m.Dir, "cp", p, dir+"/")
		names = append(names, filepath.Base(p))
	}
	sums := "# Checksums-Sha1:\n" + m.Run(dir, "sha1sum", names...) + "\n# Checksums-Sha256:\n" + m.Run(dir, "sha256sum", names...)
	m.write(filepath.Join(dir, "CHECKSUMS"), sums)
	m.Run(dir, "gpg", "--batch", "--yes", "--armor", "-o", "CHECKSUMS.gpg", "--detach-sign", "CHECKSUMS")
	m.write(filepath.Join(root, "index.html"), fmt.Sprintf("<a href=\"v%s/\">v%s/</a>\n", version, version))
	m.write(filepath.Join(root, "pks/lookup"), string(m.Public()))
}

func (m *Maker) write(name, text string) { m.Check(os.WriteFile(name, []byte(text), 0o644)) }
