package debian

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

const digest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// paragraph returns one package of an index.
func paragraph(name, version, depends string) string {
	return "Package: " + name + "\nVersion: " + version + "\nDepends: " + depends +
		"\nDescription: fake\n Package: in a description\nFilename: pool/" + name + ".deb\nSize: 10\nSHA256: " + digest + "\n\n"
}

func FuzzParseIndex(f *testing.F) {
	f.Add(paragraph("linux-image-6.1.0-56-amd64", "6.1.192-2", "kmod, linux-base (>= 4.3~) | x"))
	f.Add(paragraph("linux-binary-7.3.4+deb13-cloud-amd64", "7.3.4-1~bpo13+1", "linux-base-7.3.4+deb13-cloud-amd64 (= 7.3.4-1~bpo13+1)"))
	f.Add("Package: linux-image-\nSize: -1\nSHA256: x\nFilename: ../../x\nVersion: 6.1\n")
	f.Fuzz(func(t *testing.T, text string) {
		entries, err := apt.ParseIndex(strings.NewReader(text), isKept)
		if err != nil {
			return
		}
		for _, s := range suites {
			for _, ref := range kernels(s, "", entries, "") {
				for _, file := range ref.Files {
					if err := file.Check(); err != nil {
						t.Errorf("%+v: %v", ref, err)
					}
				}
			}
		}
	})
}

func TestKernels(t *testing.T) {
	const split = "7.3.4+deb13-cloud-amd64"
	text := paragraph("linux-image-6.1.0-56-cloud-amd64", "6.1.192-2", "kmod, linux-base (>= 4.3~)") +
		paragraph("linux-image-6.1.0-55-amd64", "6.1.190-1", "kmod") +
		paragraph("linux-image-6.1.0-56-rt-amd64", "6.1.192-2", "") +
		paragraph("linux-image-6.1.0-56-cloud-amd64-dbg", "6.1.192-2", "") +
		paragraph("linux-image-6.1.0-56-cloud-amd64-unsigned", "6.1.192-2", "") +
		paragraph("linux-image-6.1-cloud-amd64", "6.1.192-2", "linux-image-6.1.0-56-cloud-amd64") +
		paragraph("linux-image-cloud-amd64", "6.1.192-2", "") +
		paragraph("linux-image-"+split, "7.3.4-1", "linux-base-"+split+" (= 7.3.4-1), linux-binary-"+split+", linux-modules-"+split) +
		paragraph("linux-binary-"+split, "7.3.4-1", "linux-base-"+split+" (= 7.3.4-1)") +
		paragraph("linux-modules-"+split, "7.3.4-1", "kmod, linux-base-"+split) +
		paragraph("linux-base-"+split, "7.3.4-1", "") +
		paragraph("linux-image-7.2.1+deb13-cloud-amd64", "7.2.1-1", "linux-base-7.2.1+deb13-cloud-amd64")
	entries, err := apt.ParseIndex(strings.NewReader(text), isKept)
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ suite, want string }{
		{"bookworm", "6.1.0-55-amd64 6.1.0-56-cloud-amd64"},
		{"trixie-backports", split}, // 7.2.1 lacks a package
		{"bullseye", ""},
	}
	for _, tt := range tests {
		if got := releases(kernels(suiteOf(t, tt.suite), "", entries, "")); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.suite, got, tt.want)
		}
	}
	parts := kernels(suiteOf(t, "trixie-backports"), "", entries, "")[0]
	if got, want := packages(parts), "linux-binary linux-image linux-modules linux-base"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func packages(ref kernel.Ref) string {
	var names []string
	for _, f := range ref.Files {
		names = append(names, strings.TrimSuffix(f.Package, "-"+ref.Release))
	}
	return strings.Join(names, " ")
}

// Of one upstream version dpkg's order of package versions decides.
func TestKernelsOfOneVersion(t *testing.T) {
	text := paragraph("linux-image-6.1.0-9-amd64", "6.1.5-10", "") +
		paragraph("linux-image-6.1.0-8-amd64", "6.1.5-9", "") +
		paragraph("linux-image-6.1.0-7-amd64", "6.1.5-9~bpo1", "")
	entries, err := apt.ParseIndex(strings.NewReader(text), isKept)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := releases(kernels(suiteOf(t, "bookworm"), "", entries, "")), "6.1.0-7-amd64 6.1.0-8-amd64 6.1.0-9-amd64"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}
