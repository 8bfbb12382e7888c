package limits

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// Markdown writes the report as a page: the limits, what was tried, and on what.
// plot is the path of a plot beside it, or "".
func Markdown(w io.Writer, r Report, plot string) error {
	var b strings.Builder
	b.WriteString("# The verifier's limits, measured\n\n")
	fmt.Fprintf(&b, "`bpflab limits --markdown FILE` wrote this page (bpflab %s, %s), from generated programs that were\n", r.Tool, r.Started.Format("2006-01-02"))
	b.WriteString("loaded in virtual machines. Each figure is the largest size that was accepted. *user* has no\n" +
		"capabilities, and `kernel.unprivileged_bpf_disabled` is 0. *none*: the kernel has no such thing, or not for\n" +
		"this user. *>= n*: nothing was refused as far as could be tried. *n\\**: another limit comes first.\n\n")
	r.markdownMatrix(&b)
	b.WriteString("\n" + stackNote)
	if plot != "" {
		fmt.Fprintf(&b, "\n![The limits over the kernels](%s)\n", filepath.Base(plot))
	}
	b.WriteString("\n## What was tried\n\nThe first size that was rejected, and what the kernel said to it.\n")
	for _, k := range r.Kernels {
		r.markdownKernel(&b, k.Selector)
	}
	b.WriteString("\n## On which kernels\n\n| kernel | release | package | version | SHA-256 |\n|---|---|---|---|---|\n")
	for _, k := range r.Kernels {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", k.Selector, k.Release, k.Package, k.Version, k.SHA256)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// stackNote explains the figures of stack_bytes_total.
const stackNote = `*type* is that of the programs that were loaded. The rule for the stack over calls depends on it: all functions
share 512 bytes, but tracing programs (kprobe, tracepoint, raw tracepoint, perf event, fentry, fexit) have a private
stack where the kernel and its JIT support that, from 6.13 on. There each function has 512 bytes, and the number of
functions that may call each other is the bound.
`

func (r Report) markdownMatrix(b *strings.Builder) {
	b.WriteString("| limit | what it counts | type | for |")
	rule := "|---|---|---|---|"
	for _, k := range r.Kernels {
		fmt.Fprintf(b, " %s |", k.Selector)
		rule += "---:|"
	}
	fmt.Fprintf(b, "\n%s\n", rule)
	for _, one := range r.rows() {
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s |\n", one.name, one.what, one.kind, one.who, strings.ReplaceAll(strings.Join(one.cells, " | "), "*", "\\*"))
	}
}

func (r Report) markdownKernel(b *strings.Builder, selector string) {
	fmt.Fprintf(b, "\n### %s\n\n| limit | for | accepted | rejected | errno | message |\n|---|---|---:|---:|---|---|\n", selector)
	for _, l := range r.Limits {
		if l.Kernel != selector {
			continue
		}
		message := l.Message
		if message != "" {
			message = "`" + strings.NewReplacer("|", "\\|", "`", "'").Replace(message) + "`"
		}
		fmt.Fprintf(b, "| `%s` | %s | %s | %s | %s | %s |\n", l.Name, l.who(), number(l.Accepted), number(l.Rejected), l.Errno, message)
	}
}
