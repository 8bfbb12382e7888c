package lab

import (
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/bpflab/bpflab/harness/document"
)

// body is what a section holds, sorted by what it is for.
type body struct {
	prose    string
	hints    []string
	solution string
	run      []string
	comment  *comment
}

// reader goes through the blocks of one section.
type reader struct {
	*source
	*document.Problems
	section
	hidden map[int]bool // lines that are not shown as prose
	known  map[int]bool // offsets of the bpflab comments that were read, for the whole document
	body
}

// read sorts the blocks of a section.
func (r *reader) read() body {
	for i := 0; i < len(r.blocks); i++ {
		n := r.blocks[i]
		html, ok := n.(*ast.HTMLBlock)
		switch {
		case ok && strings.HasPrefix(r.html(html), "<!--"):
			r.readComment(html)
		case ok && detailsOpen.MatchString(r.html(html)):
			i += r.readDetails(r.blocks[i:])
		default:
			r.readCommands(n)
		}
	}
	r.prose = r.shown()
	return r.body
}

// span gives the offsets of an HTML block's first "<" and of its end.
func (r *reader) span(n *ast.HTMLBlock) (from, to int) {
	from = n.Pos()
	for r.text[from] == ' ' {
		from++
	}
	to = from
	if lines := n.Lines(); lines.Len() > 0 {
		to = lines.At(lines.Len() - 1).Stop
	}
	if n.HasClosure() {
		to = max(to, n.ClosureLine.Stop)
	}
	return from, to
}

func (r *reader) html(n *ast.HTMLBlock) string {
	from, to := r.span(n)
	return string(r.text[from:to])
}

// hide takes the lines from one offset to another out of the prose, and the
// empty lines below them.
func (r *reader) hide(from, to int) {
	last := r.lineOf(max(from, to-1))
	for line := r.lineOf(from); line <= last; line++ {
		r.hidden[line] = true
	}
	for line := last + 1; line < r.to && strings.TrimSpace(r.lines(line, line+1)) == ""; line++ {
		r.hidden[line] = true
	}
}

func (r *reader) shown() string {
	var b strings.Builder
	for line := r.from; line < r.to; line++ {
		if !r.hidden[line] {
			b.WriteString(r.lines(line, line+1))
		}
	}
	return strings.TrimSpace(b.String())
}

// readCommands takes the commands of the sh blocks in n.
func (r *reader) readCommands(n ast.Node) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		code, ok := n.(*ast.FencedCodeBlock)
		if !ok || !entering || string(code.Language(r.text)) != "sh" {
			return ast.WalkContinue, nil
		}
		var script strings.Builder
		for i := range code.Lines().Len() {
			line := code.Lines().At(i)
			script.Write(line.Value(r.text))
		}
		r.run = append(r.run, commands(script.String())...)
		return ast.WalkSkipChildren, nil
	})
}

// commands returns the lines of a script without empty ones and remarks. A line
// that ends in a backslash goes on in the next.
func commands(script string) []string {
	var out []string
	open := false
	for line := range strings.Lines(script) {
		line = strings.TrimSuffix(line, "\n")
		word := strings.TrimSpace(line)
		switch {
		case open:
			out[len(out)-1] += "\n" + line
		case word == "" || word[0] == '#':
			continue
		default:
			out = append(out, line)
		}
		open = strings.HasSuffix(line, `\`)
	}
	return out
}
