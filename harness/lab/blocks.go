package lab

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"
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
	*problems
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

// commands are the lines of a script without empty ones and remarks. A line
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

var (
	detailsOpen  = regexp.MustCompile(`(?i)^<details[\s>]`)
	detailsClose = regexp.MustCompile(`(?i)</details\s*>`)
	detailsInner = regexp.MustCompile(`(?i)<details[\s>]`)
	summaryForm  = regexp.MustCompile(`(?is)^<details[^>]*>\s*<summary[^>]*>(.*?)</summary\s*>`)
	tagForm      = regexp.MustCompile(`<[^>]*>`)
)

// readDetails reads the <details> element that blocks begins with, and
// returns how many blocks it takes beyond the first.
func (r *reader) readDetails(blocks []ast.Node) int {
	from, _ := r.span(blocks[0].(*ast.HTMLBlock))
	extra, end := r.detailsEnd(blocks)
	if end < 0 {
		r.add(r.place(from), "write </details> on a line of its own, before the next heading", "<details> is not closed")
		return 0
	}
	text := string(r.text[from:end])
	if at := detailsInner.FindStringIndex(text[1:]); at != nil {
		r.add(r.place(from+1+at[0]), "", "<details> inside <details>")
		return extra
	}
	if r.keepDetails(text, r.place(from)) {
		r.hide(from, end)
	}
	r.afterDetails(end)
	return extra
}

// detailsEnd finds </details>: how many blocks further, and the offset behind
// it, which is -1 if there is none.
func (r *reader) detailsEnd(blocks []ast.Node) (extra, end int) {
	for i, n := range blocks {
		html, ok := n.(*ast.HTMLBlock)
		if !ok {
			continue
		}
		from, to := r.span(html)
		if at := detailsClose.FindIndex(r.text[from:to]); at != nil {
			return i, from + at[1]
		}
	}
	return 0, -1
}

// afterDetails wants nothing behind </details> up to the next empty line:
// Markdown would not see it.
func (r *reader) afterDetails(end int) {
	for offset := end; offset < len(r.text); {
		line := r.lineOf(offset)
		rest := string(r.text[offset:r.lineStart(line+1)])
		if strings.TrimSpace(rest) != "" {
			r.add(r.place(offset), "leave an empty line below </details>", "text right after </details> is not read as Markdown")
		}
		if offset > end || strings.TrimSpace(rest) != "" {
			return
		}
		offset = r.lineStart(line + 1)
	}
}

// keepDetails stores a hint or the solution; false leaves it in the prose.
func (r *reader) keepDetails(text string, at place) bool {
	m := summaryForm.FindStringSubmatchIndex(text)
	if m == nil {
		return false
	}
	summary := strings.TrimSpace(tagForm.ReplaceAllString(text[m[2]:m[3]], ""))
	content := strings.TrimSpace(detailsClose.ReplaceAllString(text[m[1]:], ""))
	switch word := firstWord(summary); {
	case strings.HasPrefix(summary, "Hint"):
		r.hints = append(r.hints, content)
	case strings.HasPrefix(summary, "Solution"):
		if r.solution != "" {
			r.add(at, "", "the step has two solutions")
		}
		r.solution = content
	default:
		if near := nearest(word, []string{"Hint", "Solution"}); near != "" {
			r.add(at, "did you mean \""+near+"\"?", "a <details> block begins with %q", word)
		}
		return false
	}
	return true
}

func firstWord(s string) string {
	end := strings.IndexFunc(s, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') })
	if end < 0 {
		return s
	}
	return s[:end]
}
