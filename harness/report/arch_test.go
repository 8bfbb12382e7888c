package report

import (
	"bytes"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// twins are cells of one lab on kernels that only their architecture, or their variant, sets
// apart: all were asked for by one selector and have one release, as kernels of one's own do.
func twins() verdict.Result {
	r := verdict.Result{Schema: verdict.Schema}
	for _, k := range []verdict.Kernel{{}, {Arch: "arm64"}, {Arch: "s390x"}, {Variant: "jit=off"}} {
		k.Selector, k.Release, k.SHA256 = "all", "6.6.1", "digest of "+k.Arch
		r.Cells = append(r.Cells, verdict.Cell{Lab: "hello", Provider: "qemu", Kernel: k, Verdict: verdict.Pass})
	}
	r.Cells[2].Verdict, r.Cells[2].Reason = verdict.Fail, "no line"
	return r
}

func TestArchitecturesAreColumns(t *testing.T) {
	var names []string
	m := newMatrix(twins().Cells)
	for _, k := range m.kernels {
		names = append(names, k.name)
	}
	if len(m.pairs) != 4 || strings.Join(names, " ") != "6.6 6.6/arm64 6.6/s390x 6.6+jit=off" {
		t.Errorf("%d pairs on the kernels %q", len(m.pairs), names)
	}
}

func TestArchitecturesInReports(t *testing.T) {
	var junit, markdown, html bytes.Buffer
	result := twins()
	if err := JUnit(&junit, result); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&markdown, result); err != nil {
		t.Fatal(err)
	}
	if err := HTML(&html, result, PageOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"6.6.1", "6.6.1/arm64", "6.6.1/s390x", "6.6.1+jit=off"} {
		if n := strings.Count(junit.String(), `name="hello on `+name+`"`); n != 1 {
			t.Errorf("%d suites of JUnit on %s, want 1", n, name)
		}
		if n := strings.Count(markdown.String(), "| hello | "+markdownText(name)+" |"); n != 1 {
			t.Errorf("%d lines of Markdown on %s, want 1:\n%s", n, name, markdown.String())
		}
	}
	for _, text := range []string{"6.6/arm64", "architecture"} {
		if !strings.Contains(html.String(), text) {
			t.Errorf("the page has no %s", text)
		}
	}
}

func TestArchitecturesAreComparedApart(t *testing.T) {
	old, now := twins(), twins()
	now.Cells[2].Verdict = verdict.Pass
	changes := Compare(old, now).Changes
	if len(changes) != 1 || changes[0].Kernel != "6.6/s390x" || changes[0].Kind != "fixed" {
		t.Errorf("%+v", changes)
	}
}

func TestWithArch(t *testing.T) {
	for _, test := range []struct{ name, arch, want string }{
		{"6.6.1", "", "6.6.1"}, {"6.6.1", "arm64", "6.6.1/arm64"}, {"6.12.9-cloud-arm64", "arm64", "6.12.9-cloud-arm64"},
		{"6.1.0-50-powerpc64le", "ppc64el", "6.1.0-50-powerpc64le"}, {"", "arm64", ""},
	} {
		if got := withArch(test.name, verdict.Kernel{Arch: test.arch}); got != test.want {
			t.Errorf("%s of %s is %s, want %s", test.name, test.arch, got, test.want)
		}
	}
}
