package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// materials writes what each program consists of, as CycloneDX has it, from the program itself.
func (r *release) materials(ctx context.Context) error {
	for _, t := range r.targets {
		name := filepath.Join(r.out, fmt.Sprintf("bpflab_%s_%s.cdx.json", r.number(), t))
		cmd := exec.CommandContext(ctx, "go", "tool", "cyclonedx-gomod", "bin", "-json", "-noserial", "-notimestamp", "-std",
			"-version", r.version, "-output", name, r.binary(t))
		cmd.Dir = filepath.Join(r.repo, "ci", "dist")
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("cyclonedx-gomod: %w: %s", err, out)
		}
	}
	return nil
}

// installer writes the script that installs this release.
func (r *release) installer() error {
	text, err := os.ReadFile(filepath.Join(r.repo, "ci", "install.sh"))
	if err != nil {
		return err
	}
	const unset = "version=latest\n"
	if strings.Count(string(text), unset) != 1 {
		return fmt.Errorf("ci/install.sh has no line %q to put the version in", unset)
	}
	text = []byte(strings.Replace(string(text), unset, "version="+r.version+"\n", 1))
	return os.WriteFile(filepath.Join(r.out, "install.sh"), text, 0o755)
}

// sumsFile has the SHA-256 of every other file, as sha256sum -c reads it.
const sumsFile = "SHA256SUMS"

// sums writes the digests of all files that were made.
func (r *release) sums() error {
	entries, err := os.ReadDir(r.out)
	if err != nil {
		return err
	}
	var text strings.Builder
	for _, e := range entries { // in the order of their names
		sum, err := digest(filepath.Join(r.out, e.Name()))
		if err != nil {
			return err
		}
		fmt.Fprintf(&text, "%x  %s\n", sum, e.Name())
	}
	fmt.Print(text.String())
	return os.WriteFile(filepath.Join(r.out, sumsFile), []byte(text.String()), 0o644)
}

func digest(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}
