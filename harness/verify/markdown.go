package verify

import (
	"fmt"
	"io"
	"strings"
)

// Markdown writes the results for a pull request: a table of programs by kernels,
// and why programs were rejected.
func Markdown(w io.Writer, r Report) error {
	var out strings.Builder
	kernels, named, at := r.kernels(), r.objectNamer(), r.cells()
	fmt.Fprintf(&out, "### bpflab verify: %s\n\n| program | %s |\n|---|%s\n", r.closing(), strings.Join(r.kernelTitles(), " | "), strings.Repeat("---:|", len(kernels)))
	for _, one := range r.programs() {
		fmt.Fprintf(&out, "| %s%s |", cell(named(one.object, ": ")), cell(one.program+withPreset(one.preset)+withLoader(one.loader)))
		for _, k := range kernels {
			one.kernel = k
			fmt.Fprintf(&out, " %s |", cell(at[one]))
		}
		out.WriteString("\n")
	}
	for _, o := range r.Over {
		fmt.Fprintf(&out, "\n- **over budget:** %s\n", cell(o.String()))
	}
	for _, line := range r.Differences() {
		fmt.Fprintf(&out, "\n- **differs:** %s\n", cell(line))
	}
	out.WriteString(r.markdownFailures())
	for _, group := range rejections(r.Results) {
		out.WriteString(group.markdown(named))
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdown returns a list item.
func (r rejection) markdown(named func(name, end string) string) string {
	title := "**" + cell(named(r.Object, ": ")) + cell(r.Program) + "**" + cell(withPreset(r.Preset)) + " on " + strings.Join(r.found[0].kernels, ", ")
	if lines := r.lines(); len(lines) > 0 {
		title = "**" + cell(r.title()) + "** (" + cell(strings.Join(lines, "; ")) + ")"
	}
	text := "\n- " + title + ": " + cell(r.Reason.Text)
	if r.Reason.Since != nil {
		text += " (" + cell(r.Reason.sinceName()) + " accepts it)"
	}
	return text + "\n"
}

func (r Report) kernels() []string {
	return distinct(r.Results, func(one Result) string { return one.Kernel })
}

// programs returns the programs with their presets, on no kernel, each with its loader if programs
// were loaded with several.
func (r Report) programs() []resultKey {
	loader := r.perLoader()
	return distinct(r.Results, func(one Result) resultKey { return resultKey{one.subject(), "", loader(one)} })
}

func distinct[K comparable](all []Result, of func(Result) K) []K {
	var out []K
	seen := map[K]bool{}
	for _, r := range all {
		if key := of(r); !seen[key] {
			seen[key] = true
			out = append(out, key)
		}
	}
	return out
}

// cells returns the text of each result: the instructions, or the reason.
func (r Report) cells() map[resultKey]string {
	out, loader := map[resultKey]string{}, r.perLoader()
	for _, one := range r.Results {
		key := resultKey{one.subject(), one.Kernel, loader(one)}
		out[key] = one.word() + ": " + one.short()
		switch {
		case one.Expect != nil:
			out[key] = one.mark()
		case one.Accepted:
			out[key] = count(one.Insns)
		}
	}
	return out
}

// cell returns text escaped for a Markdown table.
func cell(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "&", "&amp;", "[", `\[`).Replace(clean(text))
}
