package features

import (
	"cmp"
	"fmt"
	"io"
	"strings"
)

// Markdown writes the report as a page: what each kernel has, where that is not
// what its version promises, and which kernels they were.
func Markdown(w io.Writer, r Report) error {
	var b strings.Builder
	b.WriteString("# eBPF features of kernels, measured\n\n")
	fmt.Fprintf(&b, "`bpflab features --markdown FILE` wrote this page (bpflab %s, %s). Each answer is what a kernel did\n", r.Tool, r.Started.Format("2006-01-02"))
	b.WriteString("in a virtual machine when a program, map, type or link of the kind was made. *Since* is the first of these\n" +
		"kernels that has it, *upstream* the release of Linux that brought it\n" +
		"([harness/upstream/upstream.yaml](../harness/upstream/upstream.yaml) has the sources). Helpers of struct_ops\n" +
		"programs are not probed.\n")
	kind := ""
	for _, one := range r.rows() {
		if one.Kind != kind {
			kind = one.Kind
			r.markdownHead(&b, kind)
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", one.Name, strings.ReplaceAll(one.cells(), "\t", " | "), cmp.Or(one.Since, "-"), cmp.Or(one.Upstream, "-"))
	}
	r.markdownNotes(&b)
	b.WriteString("\n## On which kernels\n\n| kernel | release | package | SHA-256 |\n|---|---|---|---|\n")
	for _, k := range r.Kernels {
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", k.Selector, k.Release, k.Package, k.SHA256)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) markdownHead(b *strings.Builder, kind string) {
	fmt.Fprintf(b, "\n## `%s`\n\n| name |", kind)
	for _, k := range r.Kernels {
		fmt.Fprintf(b, " %s |", k.Selector)
	}
	fmt.Fprintf(b, " since | upstream |\n|---|%s---|---|\n", strings.Repeat("---|", len(r.Kernels)))
}

func (r Report) markdownNotes(b *strings.Builder) {
	b.WriteString("\n## Where a kernel is not what its version promises\n\n| kernel | feature | note |\n|---|---|---|\n")
	for _, f := range r.Features {
		if f.Note != "" && (f.Inconclusive || f.disagrees()) {
			fmt.Fprintf(b, "| %s | %s | %s |\n", f.Kernel, f.Name, strings.ReplaceAll(f.Note, "|", "\\|"))
		}
	}
}
