package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/bpflab/bpflab/harness/verdict"
)

// Markdown writes a result as a table of cells and, for each that did not end
// as expected, a section that explains it.
func Markdown(w io.Writer, result verdict.Result) error {
	var out strings.Builder
	fmt.Fprintf(&out, "# bpflab: %s\n\n", table{}.closing(result))
	out.WriteString("| Lab | Kernel | Package | Verdict | Time | Reason |\n|---|---|---|---|---:|---|\n")
	flaky := verdict.Flaky(result.Cells)
	for i, cell := range result.Cells {
		fmt.Fprintf(&out, "| %s | %s | %s | %s | %s | %s |\n",
			markdownText(cell.Lab), markdownText(kernelName(cell.Kernel)),
			markdownText(strings.TrimSpace(cell.Kernel.Package+" "+cell.Kernel.Version)),
			markdownVerdict(cell, flaky[i]), seconds(busy(cell.Durations)), markdownText(why(cell)))
	}
	for _, line := range (table{}).disagreements(result) {
		fmt.Fprintf(&out, "%s\n", markdownText(line))
	}
	for _, warning := range warnings(result) {
		fmt.Fprintf(&out, "\nWarning: %s\n", markdownText(warning))
	}
	for _, h := range hypervisors(result) {
		fmt.Fprintf(&out, "\nMachines: %s\n", markdownText(h))
	}
	for index, cell := range result.Cells {
		if failed(cell.Verdict) {
			fmt.Fprintf(&out, "\n## %s on %s\n\n", markdownText(cell.Lab), markdownText(kernelName(cell.Kernel)))
			out.WriteString(fenced(table{}.failure(index, cell, pipeWidth)))
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdownVerdict returns a cell's verdict, and for a flaky cell how it ended this time.
func markdownVerdict(cell verdict.Cell, flaky bool) string {
	if !flaky {
		return markdownText(string(cell.Verdict))
	}
	return fmt.Sprintf("%s (%s)", flakyWord, markdownText(string(cell.Verdict)))
}

// why returns a cell's reason; for a late pass, why it did not pass at first.
func why(cell verdict.Cell) string {
	if cell.PassedLate() {
		return fmt.Sprintf("attempt 1: %s: %s", cell.Attempts[0].Verdict, firstLine(cell.Attempts[0].Reason))
	}
	return firstLine(cell.Reason)
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "&", "&amp;",
	"[", `\[`, "]", `\]`, "#", `\#`, "~", `\~`,
)

// markdownText returns untrusted text as one line, escaped for Markdown.
func markdownText(text string) string { return markdownEscapes.Replace(cleanLine(text)) }

// fenced returns a code block whose fence is longer than any run of backticks in
// it, so that nothing within can end it.
func fenced(all []string) string {
	body := strings.Join(all, "\n")
	fence := "```"
	for strings.Contains(body, fence) {
		fence += "`"
	}
	return fence + "text\n" + body + "\n" + fence + "\n"
}
