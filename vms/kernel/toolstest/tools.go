// Package toolstest runs the tools with which distributions make packages and archives, in
// tests of what reads them.
package toolstest

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// Tools are programs of this machine, and a key of gpg that they sign with.
type Tools struct {
	Dir  string // to work in; removed with the test
	Home string // of gpg

	t testing.TB
}

// New makes a key for owner, which expires after the time that gpg takes ("0" for never).
// It skips the test where gpg or one of the tools is not installed.
func New(t testing.TB, owner, expires string, tools ...string) *Tools {
	t.Helper()
	for _, tool := range append(tools, "gpg") {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("%s is not installed; `sh ci/setup.sh tests` installs it", tool)
		}
	}
	dir := t.TempDir()
	s := &Tools{Dir: dir, Home: filepath.Join(dir, "gpg"), t: t}
	s.Check(os.Mkdir(s.Home, 0o700))
	t.Cleanup(func() { _ = s.Command(dir, "gpgconf", "--kill", "all").Run() })
	s.Run(dir, "gpg", "--batch", "--passphrase", "", "--quick-gen-key", owner+" <test@example.org>", "rsa2048", "sign", expires)
	return s
}

// Public returns the armored public key.
func (s *Tools) Public() []byte { return []byte(s.Run(s.Dir, "gpg", "--armor", "--export")) }

// Fingerprint returns the fingerprint of the key, as gpg prints it without spaces.
func (s *Tools) Fingerprint() string {
	for line := range strings.Lines(s.Run(s.Dir, "gpg", "--with-colons", "--list-keys")) {
		if words := strings.Split(strings.TrimSpace(line), ":"); words[0] == "fpr" {
			return words[9]
		}
	}
	s.t.Fatal("gpg lists no key")
	return ""
}

// Check ends the test on an error.
func (s *Tools) Check(err error) {
	s.t.Helper()
	if err != nil {
		s.t.Fatal(err)
	}
}

// Command returns a tool's command in a directory, with the key's gpg and messages in
// English.
func (s *Tools) Command(dir, name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GNUPGHOME="+s.Home, "LC_ALL=C")
	return cmd
}

// Run returns what a tool printed. It ends the test where the tool fails.
func (s *Tools) Run(dir, name string, args ...string) string {
	s.t.Helper()
	cmd := s.Command(dir, name, args...)
	var problems strings.Builder
	cmd.Stderr = &problems
	out, err := cmd.Output()
	if err != nil {
		s.t.Fatalf("%s %s: %v\n%s%s", name, strings.Join(args, " "), err, out, problems.String())
	}
	return string(out)
}
