package apt

import (
	"strings"
	"testing"
)

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// paragraph returns one package of an index.
func paragraph(name, version, depends string) string {
	return "Package: " + name + "\nVersion: " + version + "\nDepends: " + depends +
		"\nDescription: fake\n Package: in a description\nFilename: pool/" + name + ".deb\nSize: 10\nSHA256: " + digest + "\n\n"
}

func TestParseIndex(t *testing.T) {
	text := paragraph("bash", "5.2", "") +
		paragraph("linux-image-6.1.0-56-amd64", "6.1.192-2", "kmod") +
		paragraph("linux-headers-6.1.0-56-amd64", "6.1.192-2", "") +
		"Package: linux-image-broken\nVersion: 1\n\n" +
		strings.TrimSuffix(paragraph("linux-image-last", "1", ""), "\n\n")
	got, err := ParseIndex(strings.NewReader(text), images)
	if err != nil || len(got) != 2 {
		t.Fatalf("got %+v, %v", got, err)
	}
	want := Entry{Package: "linux-image-6.1.0-56-amd64", Version: "6.1.192-2", Depends: "kmod", Filename: "pool/linux-image-6.1.0-56-amd64.deb", Size: 10, SHA256: digest}
	if got[0] != want || got[1].Package != "linux-image-last" {
		t.Errorf("got %+v", got)
	}
}

func TestParseIndexRejects(t *testing.T) {
	for name, text := range map[string]string{
		"size is none":  "Package: linux-image-x\nSize: many\n",
		"endless line":  "Package: linux-image-x\nDepends: " + strings.Repeat("x", maxLine+1),
		"binary rubble": "Package: linux-image-x\nSize: \x00\n",
	} {
		if got, err := ParseIndex(strings.NewReader(text), images); err == nil {
			t.Errorf("%s: got %+v", name, got)
		}
	}
}

func images(name string) bool { return strings.HasPrefix(name, "linux-image-") }
