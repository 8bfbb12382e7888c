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
	kernels, named := r.kernels(), r.objectNamer()
	fmt.Fprintf(&out, "### bpflab verify: %s\n\n| program | %s |\n|---|%s\n", r.closing(), strings.Join(kernels, " | "), strings.Repeat("---:|", len(kernels)))
	for _, name := range r.programs() {
		fmt.Fprintf(&out, "| %s%s |", cell(named(name[0], ": ")), cell(name[1]+r.withLoader(name[2])))
		for _, k := range kernels {
			fmt.Fprintf(&out, " %s |", cell(r.at(name, k)))
		}
		out.WriteString("\n")
	}
	for _, o := range r.Over {
		fmt.Fprintf(&out, "\n- **over budget:** %s\n", cell(o.String()))
	}
	for _, line := range r.Differences() {
		fmt.Fprintf(&out, "\n- **differs:** %s\n", cell(line))
	}
	for _, group := range rejections(r.Results) {
		fmt.Fprintf(&out, "\n- **%s%s** on %s: %s", cell(named(group.Object, ": ")), cell(group.Program), strings.Join(group.kernels, ", "), cell(group.Reason.Text))
		if group.Reason.Since != nil {
			fmt.Fprintf(&out, " (%s accepts it)", cell(*group.Reason.Since))
		}
		out.WriteString("\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func (r Report) kernels() []string {
	return distinct(r.Results, func(one Result) string { return one.Kernel })
}

func (r Report) programs() [][3]string {
	return distinct(r.Results, func(one Result) [3]string { return [3]string{one.Object, one.Program, one.Loader} })
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

// at returns a program's cell: the instructions, or the reason.
func (r Report) at(name [3]string, kernel string) string {
	for _, one := range r.Results {
		if one.Object != name[0] || one.Program != name[1] || one.Loader != name[2] || one.Kernel != kernel {
			continue
		}
		if one.Accepted {
			return count(one.Insns)
		}
		return one.word() + ": " + one.short()
	}
	return ""
}

// cell returns text escaped for a Markdown table.
func cell(text string) string {
	return strings.NewReplacer(`\`, `\\`, "|", `\|`, "`", "\\`", "*", `\*`, "_", `\_`, "<", "&lt;", "&", "&amp;", "[", `\[`).Replace(clean(text))
}
