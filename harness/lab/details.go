package lab

import (
	"regexp"
	"strings"

	"github.com/yuin/goldmark/ast"

	"github.com/bpflab/bpflab/harness/document"
	"github.com/bpflab/bpflab/vms/suggest"
)

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
		r.Add(r.place(from), "write </details> on a line of its own, before the next heading or <details>", "<details> is not closed")
		return 0
	}
	text := string(r.text[from:end])
	if at := detailsInner.FindStringIndex(text[1:]); at != nil {
		r.Add(r.place(from+1+at[0]), "", "<details> inside <details>")
		return extra
	}
	if r.keepDetails(text, r.place(from)) {
		r.hide(from, end)
	}
	r.afterDetails(end)
	return extra
}

// detailsEnd finds </details>: how many blocks further, and the offset behind
// it, which is -1 if there is none before the next <details>.
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
		if i > 0 && detailsOpen.Match(r.text[from:to]) {
			break
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
			r.Add(r.place(offset), "leave an empty line below </details>", "text right after </details> is not read as Markdown")
		}
		if offset > end || strings.TrimSpace(rest) != "" {
			return
		}
		offset = r.lineStart(line + 1)
	}
}

// keepDetails stores a hint or the solution; false leaves it in the prose.
func (r *reader) keepDetails(text string, at document.Place) bool {
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
			r.Add(at, "", "the step has two solutions")
		}
		r.solution = content
	default:
		if near := suggest.Spelling(word, []string{"Hint", "Solution"}); near != "" {
			r.Add(at, "did you mean \""+near+"\"?", "a <details> block begins with %q", word)
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
