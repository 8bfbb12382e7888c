package main

import (
	"crypto/x509"
	"encoding/pem"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// blockOf returns the first code block in docs/room.md that contains a text.
func blockOf(t *testing.T, language, contains string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "room.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range regexp.MustCompile("(?s)```"+language+"\n(.*?)```").FindAllStringSubmatch(string(text), -1) {
		if strings.Contains(m[1], contains) {
			return m[1]
		}
	}
	t.Fatalf("docs/room.md has no %s block with %q", language, contains)
	return ""
}

func certificate(t *testing.T, file string) *x509.Certificate {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		t.Fatalf("%s is no PEM", file)
	}
	c, err := x509.ParseCertificate(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestRoomAuthority makes the certificates of docs/room.md: they are right for the server's
// name and address, and the authority cannot sign for other names.
func TestRoomAuthority(t *testing.T) {
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("openssl is not installed")
	}
	dir := t.TempDir()
	script := blockOf(t, "sh", "nameConstraints")
	foreign := strings.NewReplacer("rm ca.key", "", "subjectAltName = DNS:$NAME, IP:$ADDRESS", "subjectAltName = DNS:bank.example").Replace(script)
	for sub, text := range map[string]string{"room": script, "foreign": foreign} {
		at := filepath.Join(dir, sub)
		if err := os.Mkdir(at, 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "-ec", text)
		cmd.Dir = at
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	verify := func(sub, name string) error {
		roots := x509.NewCertPool()
		roots.AddCert(certificate(t, filepath.Join(dir, sub, "ca.pem")))
		_, err := certificate(t, filepath.Join(dir, sub, "server.pem")).Verify(x509.VerifyOptions{Roots: roots, DNSName: name})
		return err
	}
	for _, name := range []string{"lab.room", "192.0.2.10"} {
		if err := verify("room", name); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := verify("room", "192.0.2.11"); err == nil {
		t.Error("the certificate is right for another address")
	}
	if err := verify("foreign", "bank.example"); err == nil || !strings.Contains(err.Error(), "constraint") && !strings.Contains(err.Error(), "not permitted") {
		t.Errorf("the authority signs for other names: %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "room", "ca.key")); err == nil {
		t.Error("the authority's key is still there")
	}
}

// TestRoomUnit has systemd read the unit of docs/room.md, and bpflab its command.
func TestRoomUnit(t *testing.T) {
	if _, err := exec.LookPath("systemd-analyze"); err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	unit := blockOf(t, "ini", "ExecStart=")
	m := regexp.MustCompile(`(?m)^ExecStart=/usr/local/bin/bpflab workshop (.*)$`).FindStringSubmatch(unit)
	if m == nil {
		t.Fatal("the unit does not start a workshop")
	}
	var f workshopFlags
	if err := f.command().ParseFlags(strings.Fields(m[1])); err != nil || f.class == "" || f.serve == "" {
		t.Errorf("the unit's command: %v, class %q at %q", err, f.class, f.serve)
	}
	file := filepath.Join(t.TempDir(), "bpflab-workshop.service")
	text := strings.Replace(unit, "/usr/local/bin/bpflab", "/bin/true", 1)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", file).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
