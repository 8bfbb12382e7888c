package lab

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/vms/suggest"
)

// comment is a bpflab comment: its YAML and where it begins.
type comment struct {
	document.Fragment
	at document.Place
}

const commentForm = `write "<!-- bpflab" on a line of its own, the YAML below it, and "-->" on a line of its own`

// readComment reads an HTML comment. None is shown; one that begins with the
// word bpflab says what the step does.
func (r *reader) readComment(n *ast.HTMLBlock) {
	from, to := r.span(n)
	at := r.place(from)
	r.hide(from, to)
	head, rest, _ := strings.Cut(strings.TrimPrefix(r.html(n), "<!--"), "\n")
	word, _, _ := strings.Cut(strings.TrimSpace(head), " ")
	if word != "bpflab" {
		if near := suggest.Spelling(word, []string{"bpflab"}); near != "" {
			r.Add(at, `did you mean "bpflab"?`, "a comment begins with %q", word)
		}
		return
	}
	r.known[from] = true
	switch {
	case r.level != 2:
		r.Add(at, "put it below the heading of a step", "this bpflab comment is in no step")
	case r.comment != nil:
		r.Add(at, "put all of it into the first", "the step has two bpflab comments")
	case strings.TrimSpace(head) != "bpflab":
		r.Add(at, commentForm, "text stands behind bpflab on the comment's first line")
	default:
		r.body.comment = r.cutComment(rest, at)
	}
}

// cutComment takes the end mark off a comment's text.
func (r *reader) cutComment(rest string, at document.Place) *comment {
	text, after, closed := strings.Cut(rest, "-->")
	above := text[strings.LastIndexByte(text, '\n')+1:]
	if !closed || strings.TrimSpace(above) != "" || strings.TrimSpace(after) != "" {
		r.Add(at, commentForm, `this bpflab comment does not end in a line "-->"`)
		return nil
	}
	text = strings.TrimSuffix(text, above)
	return &comment{document.Fragment{Text: text, Above: at.Line, Noun: "the step's comment"}, at}
}

var commentStart = regexp.MustCompile(`<!--[ \t]*bpflab\b`)

// strayComments reports the bpflab comments that Markdown takes for part of
// something else, so that none is silently without effect.
func strayComments(s *source, known map[int]bool, p *document.Problems) {
	for _, m := range commentStart.FindAllIndex(s.text, -1) {
		if !known[m[0]] {
			p.Add(s.place(m[0]), "begin it at the left margin, below an empty line",
				"this bpflab comment is part of a code block, list, paragraph or <details>")
		}
	}
}
