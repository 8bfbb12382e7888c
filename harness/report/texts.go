package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"unicode/utf8"
)

// pageTexts is what all long texts of a page may take together, in bytes.
const pageTexts = 108 << 10

// longText is a long text of a page, clean.
type longText struct {
	Body string
	Cut  string // "" or what is left out, in words
	part part
}

// part is what is kept of a text that is too long.
type part int

const (
	lastPart part = iota
	firstPart
)

// longTexts are all of a page's.
type longTexts struct{ all []*longText }

// add adds a text; an empty one is left out.
func (t *longTexts) add(body string, p part) *longText {
	body = strings.Trim(clean(body), "\n")
	if strings.TrimSpace(body) == "" {
		return nil
	}
	added := &longText{Body: body, part: p}
	t.all = append(t.all, added)
	return added
}

// fit cuts the longest texts, all to the same length, until the whole takes no
// more than size bytes of a page, in which some characters take several.
func (t *longTexts) fit(size int) {
	ordered := slices.Clone(t.all)
	slices.SortStableFunc(ordered, func(a, b *longText) int { return a.size() - b.size() })
	for i, one := range ordered {
		share := max(0, size) / (len(ordered) - i)
		if all := one.size(); all > share {
			one.cut(int(int64(share) * int64(len(one.Body)) / int64(all)))
		}
		size -= one.size()
	}
}

// size returns how many bytes a text takes in a page.
func (t *longText) size() int { return len(template.HTMLEscapeString(t.Body)) }

// cut keeps at most n bytes, whole lines of them if there are any.
func (t *longText) cut(n int) {
	all := len(t.Body)
	if all <= n {
		return
	}
	if t.part == firstPart {
		t.Body = firstLines(t.Body, n)
		t.Cut = fmt.Sprintf("the first %s of %s", kibibytes(len(t.Body)), kibibytes(all))
		return
	}
	t.Body = lastLines(t.Body, n)
	t.Cut = fmt.Sprintf("the last %s of %s", kibibytes(len(t.Body)), kibibytes(all))
}

func firstLines(body string, n int) string {
	for n > 0 && !utf8.RuneStart(body[n]) {
		n--
	}
	if end := strings.LastIndexByte(body[:n], '\n'); end > 0 {
		n = end
	}
	return body[:n]
}

func lastLines(body string, n int) string {
	from := len(body) - n
	for from < len(body) && !utf8.RuneStart(body[from]) {
		from++
	}
	if line := strings.IndexByte(body[from:], '\n'); line >= 0 {
		from += line + 1
	}
	return body[from:]
}

func kibibytes(n int) string { return fmt.Sprintf("%.1f KiB", float64(n)/1024) }
