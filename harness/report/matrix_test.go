package report

import (
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// repeated returns a result whose runs on one kernel disagree.
func repeated() verdict.Result {
	result := verdict.Result{Schema: verdict.Schema, Seconds: 9}
	for _, v := range []verdict.Verdict{verdict.Pass, verdict.Fail, verdict.Pass} {
		result.Cells = append(result.Cells, cellOf("hello", "6.1", "6.1.0-40-cloud-amd64", v, ""))
	}
	result.Cells = append(result.Cells, cellOf("xdp-drop", "6.1", "6.1.0-40-cloud-amd64", verdict.Pass, ""))
	return result
}

func TestMatrix(t *testing.T) {
	m := newMatrix(repeated().Cells)
	if got := strings.Join(m.labs, " "); got != "hello xdp-drop" || len(m.kernels) != 1 || len(m.pairs) != 2 {
		t.Fatalf("labs %s, %d kernels, %d pairs", got, len(m.kernels), len(m.pairs))
	}
	if p := m.pairs[0]; p.word() != flakyWord || p.tally() != "2 pass, 1 fail" || !p.disagree() {
		t.Errorf("the pair is %s, with %s", p.word(), p.tally())
	}
	if p := m.pairs[1]; p.word() != "pass" || p.disagree() {
		t.Errorf("the pair is %s, with %s", p.word(), p.tally())
	}
}

func TestKernelNames(t *testing.T) {
	from := func(selector, release, version, provider string) verdict.Cell {
		return verdict.Cell{Lab: "a", Provider: provider, Kernel: verdict.Kernel{Selector: selector, Version: version, Release: release}}
	}
	for _, test := range []struct {
		name  string
		cells []verdict.Cell
		want  string
	}{
		{"as asked", []verdict.Cell{from("6.1", "6.1.0-56", "1", "qemu"), from("latest", "7.3.4", "2", "qemu")}, "6.1 latest"},
		{"all", []verdict.Cell{from("all", "6.1.0-56", "1", "qemu"), from("all", "7.3.4", "2", "qemu")}, "6.1 7.3"},
		{"one never answered", []verdict.Cell{from("all", "6.1.0-56", "1", "qemu"), from("all", "", "7.3.4-1", "qemu")}, "6.1 7.3"},
		{"one series", []verdict.Cell{from("all", "6.1.0-56", "1", "qemu"), from("all", "6.1.0-57", "2", "qemu")}, "6.1.0-56 6.1.0-57"},
		{"two providers", []verdict.Cell{from("6.1", "6.1.0", "1", "qemu"), from("6.1", "6.1.0", "1", "lxd")}, "6.1.0 on qemu,6.1.0 on lxd"},
		{"nothing known", []verdict.Cell{from("x", "", "a", "qemu"), from("x", "", "b", "qemu")}, "on qemu (1) on qemu (2)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			var names []string
			for _, k := range newMatrix(test.cells).kernels {
				names = append(names, k.name)
			}
			if got := strings.Join(names, " "); got != strings.ReplaceAll(test.want, ",", " ") {
				t.Errorf("names %q, want %q", got, test.want)
			}
		})
	}
}

// What is flaky is never shown as a pass.
func TestFlakyIsSaid(t *testing.T) {
	var terminal, page strings.Builder
	if err := play(Lines(&terminal, nil), repeated()); err != nil {
		t.Fatal(err)
	}
	if err := Markdown(&page, repeated()); err != nil {
		t.Fatal(err)
	}
	for where, text := range map[string]string{"the terminal": terminal.String(), "Markdown": page.String()} {
		for _, want := range []string{"1 passed, 2 flaky, 1 failed", "its runs disagree: 2 pass, 1 fail"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", where, want, text)
			}
		}
	}
	for _, want := range []string{"flaky (pass)", "flaky (fail)"} {
		if !strings.Contains(page.String(), want) {
			t.Errorf("Markdown does not say %q", want)
		}
	}
}
