package report

import (
	"bytes"
	"io"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Every report says what ran the machines, and which accelerator failed a cell.
func TestReportsNameHypervisors(t *testing.T) {
	result := verdict.Result{Schema: verdict.Schema, Cells: []verdict.Cell{emulatedCell()}}
	const machine = "tcg, QEMU 7.2.22, /usr/bin/qemu-system-x86_64, machine pc, CPU qemu64,+rdrand"
	for name, test := range map[string]struct {
		write func(io.Writer, verdict.Result) error
		want  []string
	}{
		"text": {func(w io.Writer, r verdict.Result) error {
			_, err := io.WriteString(w, table{}.details(r, 80))
			return err
		}, []string{"machines: " + machine, "attempt 1 with kvm: infra", "attempt 2 with tcg: pass"}},
		"markdown": {Markdown, []string{"Machines: " + strings.ReplaceAll(machine, "_", `\_`), "tried once more with tcg"}},
		"junit":    {JUnit, []string{`name="accelerator" value="tcg"`, `name="hypervisor.binary" value="/usr/bin/qemu-system-x86_64"`}},
		"html": {func(w io.Writer, r verdict.Result) error { return HTML(w, r, PageOptions{}) },
			[]string{strings.ReplaceAll(machine, "+", "&#43;"), "attempt 1 with kvm", "attempt 2 with tcg"}},
		"json": {JSON, []string{`"accelerator": "kvm"`, `"hypervisor": {`, `"cpu": "qemu64,+rdrand"`}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := test.write(&out, result); err != nil {
				t.Fatal(err)
			}
			for _, want := range test.want {
				if !strings.Contains(out.String(), want) {
					t.Errorf("no %q in:\n%.3000s", want, out.String())
				}
			}
			if name == "json" {
				if err := valid(t, out.Bytes()); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
