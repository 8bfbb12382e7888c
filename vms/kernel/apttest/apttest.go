// Package apttest makes packages, archives and mainline builds with Debian's and Ubuntu's own
// tools (dpkg-deb, apt-ftparchive, xz, sha256sum and gpg), for tests of what reads them.
package apttest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Maker makes packages and archives, and signs them with a key of its own.
type Maker struct {
	t    testing.TB
	dir  string
	home string // of gpg
}

// New returns a Maker. It skips the test where the tools are not installed.
func New(t testing.TB) *Maker {
	t.Helper()
	for _, tool := range []string{"dpkg-deb", "apt-ftparchive", "xz", "gpg"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; `sh ci/setup.sh tests` installs it", tool)
		}
	}
	m := &Maker{t: t, dir: t.TempDir()}
	m.home = filepath.Join(m.dir, "gpg")
	m.check(os.Mkdir(m.home, 0o700))
	t.Cleanup(func() { _ = m.command(m.dir, "gpgconf", "--kill", "all").Run() })
	m.run(m.dir, "gpg", "--batch", "--passphrase", "", "--quick-gen-key", "Test Archive <test@example.org>", "rsa2048", "sign", "0")
	return m
}

// Public returns the armored public key.
func (m *Maker) Public() []byte { return []byte(m.run(m.dir, "gpg", "--armor", "--export")) }

// Fingerprint returns that of the key.
func (m *Maker) Fingerprint() string {
	for line := range strings.Lines(m.run(m.dir, "gpg", "--with-colons", "--list-keys")) {
		if words := strings.Split(strings.TrimSpace(line), ":"); words[0] == "fpr" {
			return words[9]
		}
	}
	m.t.Fatal("gpg lists no key")
	return ""
}

// Package describes a package.
type Package struct {
	Name, Version, Depends string
	Files                  map[string]string // files or directories on this machine, by their paths in the package
}

// Build returns the path of the package.
func (m *Maker) Build(p Package) string {
	m.t.Helper()
	root := filepath.Join(m.dir, "build", p.Name+"_"+p.Version)
	control := fmt.Sprintf("Package: %s\nVersion: %s\nArchitecture: amd64\nMaintainer: Test <test@example.org>\nDescription: test\n", p.Name, p.Version)
	if p.Depends != "" {
		control += "Depends: " + p.Depends + "\n"
	}
	m.check(os.MkdirAll(filepath.Join(root, "DEBIAN"), 0o755))
	m.check(os.WriteFile(filepath.Join(root, "DEBIAN/control"), []byte(control), 0o644))
	for to, from := range p.Files {
		target := filepath.Join(root, to)
		m.check(os.MkdirAll(filepath.Dir(target), 0o755))
		m.run(m.dir, "cp", "-rL", from, target)
	}
	file := root + "_amd64.deb"
	m.run(m.dir, "dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build", root, file)
	m.check(os.RemoveAll(root))
	return file
}

// Suite makes a suite of an archive below root, with the packages in its pool, and signs it.
func (m *Maker) Suite(root, suite, codename string, packages ...string) {
	m.t.Helper()
	pool := filepath.Join("pool", suite)
	index := filepath.Join("dists", suite, "main/binary-amd64")
	m.check(os.MkdirAll(filepath.Join(root, pool), 0o755))
	m.check(os.MkdirAll(filepath.Join(root, index), 0o755))
	for _, p := range packages {
		m.run(m.dir, "cp", p, filepath.Join(root, pool)+"/")
	}
	m.write(filepath.Join(root, index, "Packages"), m.run(root, "apt-ftparchive", "packages", pool))
	m.run(root, "xz", "-f", filepath.Join(index, "Packages"))
	dists := filepath.Join("dists", suite)
	release := m.run(root, "apt-ftparchive",
		"-o", "APT::FTPArchive::Release::Suite="+suite, "-o", "APT::FTPArchive::Release::Codename="+codename, "release", dists)
	m.write(filepath.Join(root, dists, "Release"), release)
	m.run(filepath.Join(root, dists), "gpg", "--batch", "--yes", "--clearsign", "-o", "InRelease", "Release")
}

// Mainline makes a build below root as kernel.ubuntu.com/mainline has it, with an index and
// the key of the key server.
func (m *Maker) Mainline(root, version string, packages ...string) {
	m.t.Helper()
	dir := filepath.Join(root, "v"+version, "amd64")
	m.check(os.MkdirAll(dir, 0o755))
	m.check(os.MkdirAll(filepath.Join(root, "pks"), 0o755))
	var names []string
	for _, p := range packages {
		m.run(m.dir, "cp", p, dir+"/")
		names = append(names, filepath.Base(p))
	}
	sums := "# Checksums-Sha1:\n" + m.run(dir, "sha1sum", names...) + "\n# Checksums-Sha256:\n" + m.run(dir, "sha256sum", names...)
	m.write(filepath.Join(dir, "CHECKSUMS"), sums)
	m.run(dir, "gpg", "--batch", "--yes", "--armor", "-o", "CHECKSUMS.gpg", "--detach-sign", "CHECKSUMS")
	m.write(filepath.Join(root, "index.html"), fmt.Sprintf("<a href=\"v%s/\">v%s/</a>\n", version, version))
	m.write(filepath.Join(root, "pks/lookup"), string(m.Public()))
}

func (m *Maker) write(name, text string) { m.check(os.WriteFile(name, []byte(text), 0o644)) }

func (m *Maker) check(err error) {
	m.t.Helper()
	if err != nil {
		m.t.Fatal(err)
	}
}

func (m *Maker) command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GNUPGHOME="+m.home)
	return cmd
}

// run returns what a tool printed.
func (m *Maker) run(dir, name string, args ...string) string {
	m.t.Helper()
	cmd := m.command(dir, name, args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		m.t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, problems.String())
	}
	return string(out)
}
