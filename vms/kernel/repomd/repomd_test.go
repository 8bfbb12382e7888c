package repomd

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"

	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

var digest = strings.Repeat("ab", 32)

func index(primary string) string {
	return `<?xml version="1.0"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
  <revision>1716400000</revision>
  <data type="filelists"><location href="repodata/filelists.xml.gz"/></data>
` + primary + "</repomd>\n"
}

func primaryData(change func(string) string) string {
	return index(change(`<data type="primary"><checksum type="sha256">` + digest + `</checksum>
<open-checksum type="sha256">00</open-checksum><location href="repodata/primary.xml.zst"/>
<timestamp>1716400123.5</timestamp><size>77</size><open-size>1000</open-size></data>`))
}

func same(s string) string { return s }

func replace(from, to string) func(string) string {
	return func(s string) string { return strings.Replace(s, from, to, 1) }
}

func TestParseIndex(t *testing.T) {
	want := Index{time.Unix(1716400123, 0).UTC(), File{"repodata/primary.xml.zst", 77, digest}}
	if got, err := ParseIndex([]byte(primaryData(same))); err != nil || got != want {
		t.Errorf("got %+v, %v; want %+v", got, err, want)
	}
	want.Made = time.Unix(1716400000, 0).UTC()
	if got, err := ParseIndex([]byte(primaryData(replace("<timestamp>1716400123.5</timestamp>", "")))); err != nil || got != want {
		t.Errorf("without a timestamp: got %+v, %v; want %+v", got, err, want)
	}
}

func TestParseIndexRejects(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"empty":            {"", "EOF"},
		"text":             {"<html><body>not found</body></html>", "repomd"},
		"no primary":       {index(""), "names no primary"},
		"no time":          {strings.Replace(primaryData(replace("1716400123.5", "today")), "1716400000", "v9.4", 1), "when it was made"},
		"another digest":   {primaryData(replace(`"sha256"`, `"sha512"`)), "sha512"},
		"a short digest":   {primaryData(replace("abab", "")), "no SHA-256"},
		"absolute":         {primaryData(replace("repodata/", "/")), "plain path"},
		"another protocol": {primaryData(replace("repodata/", "file:///etc/")), "plain path"},
		"another place":    {primaryData(replace("<location ", `<location xml:base="http://evil.example" `)), "another repository"},
		"cut off":          {primaryData(same)[:300], "EOF"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := ParseIndex([]byte(tt.text)); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func packageText(name, arch, version string) string {
	return fmt.Sprintf(`<package type="rpm">
  <name>%s</name>
  <arch>%s</arch>
  <version epoch="0" ver="%s" rel="427.el9"/>
  <checksum type="sha256" pkgid="YES">%s</checksum>
  <summary>The Linux kernel &amp; more</summary>
  <description>A kernel.</description>
  <size package="1234" installed="99999" archive="88888"/>
  <location href="Packages/k/%s-%s.rpm"/>
  <format><rpm:license>GPL</rpm:license><rpm:provides><rpm:entry name="kernel"/></rpm:provides></format>
</package>
`, name, arch, version, digest, name, version)
}

func primary(packages ...string) string {
	return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="3">
` + strings.Join(packages, "") + "</metadata>\n"
}

func TestBelow(t *testing.T) {
	for given, want := range map[string]string{
		"Packages/k.rpm":           "2/core/2.0/x86_64/Packages/k.rpm",
		"../../../../blob/k.rpm":   "blob/k.rpm",
		"../../../../../etc/k.rpm": "",
		"a/../../../../../../k":    "",
	} {
		got, err := File{Path: given}.Below("2/core/2.0/x86_64")
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%s: got %q, %v; want %q", given, got, err, want)
		}
	}
}

func isKernel(name string) bool { return name == "kernel-core" }

func TestReadPrimary(t *testing.T) {
	text := []byte(primary(packageText("bash", "x86_64", "5.1"), packageText("kernel-core", "x86_64", "5.14.0"), packageText("kernel-core", "aarch64", "5.14.0"), packageText("zsh", "x86_64", "5")))
	w, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	var gz bytes.Buffer
	g := gzip.NewWriter(&gz)
	if _, err := g.Write(text); err != nil || g.Close() != nil {
		t.Fatal(err)
	}
	for name, body := range map[string][]byte{"plain": text, "xz": kerneltest.XZ(text), "gz": gz.Bytes(), "zst": w.EncodeAll(text, nil)} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "primary")
			if err := os.WriteFile(file, body, 0o644); err != nil {
				t.Fatal(err)
			}
			found, err := ReadPrimary(file, isKernel)
			want := Package{"kernel-core", "x86_64", 0, "5.14.0", "427.el9", File{"Packages/k/kernel-core-5.14.0.rpm", 1234, digest}}
			if err != nil || len(found) != 2 || found[0] != want || found[1].Arch != "aarch64" || found[0].EVR() != "5.14.0-427.el9" {
				t.Errorf("got %+v, %v; want %+v first", found, err, want)
			}
		})
	}
}

func TestParsePrimaryRejects(t *testing.T) {
	kernel := packageText("kernel-core", "x86_64", "5.14.0")
	tests := map[string]struct{ text, want string }{
		"cut off":        {primary(kernel)[:400], "EOF"},
		"another digest": {primary(strings.Replace(kernel, "sha256", "md5", 1)), "md5"},
		"a host":         {primary(strings.Replace(kernel, "Packages/", "//evil.example/", 1)), "plain path"},
		"no XML":         {primary(strings.Replace(kernel, "</arch>", "</brch>", 1)), "kernel-core"},
		"endless":        {primary("<package " + strings.Repeat("x", maxPackage+1)), "too long"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if _, err := ParsePrimary(strings.NewReader(tt.text), isKernel); !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func FuzzParseIndex(f *testing.F) {
	f.Add([]byte(primaryData(same)))
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := ParseIndex(text)
		if err == nil && (strings.HasPrefix(found.Primary.Path, "/") || len(found.Primary.SHA256) != 64) {
			t.Errorf("got %+v", found)
		}
	})
}

func FuzzParsePrimary(f *testing.F) {
	f.Add([]byte(primary(packageText("bash", "x86_64", "5.1"), packageText("kernel-core", "x86_64", "5.14.0"))))
	f.Fuzz(func(t *testing.T, text []byte) {
		found, err := ParsePrimary(bytes.NewReader(text), func(string) bool { return true })
		for _, p := range found {
			below, outside := p.File.Below("a/b")
			if err == nil && (len(p.File.SHA256) != 64 || outside == nil && strings.HasPrefix(below, "..")) {
				t.Errorf("got %+v", p)
			}
		}
	})
}
