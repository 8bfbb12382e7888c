package lab

import (
	"bytes"
	"sort"
	"strings"
	"unicode/utf8"
)

// source is a document's text with its lines.
type source struct {
	text   []byte
	starts []int // offset of each line's first byte
}

func newSource(text []byte) *source {
	s := &source{text: text, starts: []int{0}}
	for i, c := range text {
		if c == '\n' {
			s.starts = append(s.starts, i+1)
		}
	}
	return s
}

// lineOf returns the number of the line of offset, from 1.
func (s *source) lineOf(offset int) int {
	return sort.SearchInts(s.starts, offset+1)
}

// place returns the line and column of offset.
func (s *source) place(offset int) place {
	line := s.lineOf(offset)
	return place{line, 1 + utf8.RuneCount(s.text[s.starts[line-1]:offset])}
}

// lineStart returns the offset of a line's first byte, or the end of the text.
func (s *source) lineStart(line int) int {
	if line > len(s.starts) {
		return len(s.text)
	}
	return s.starts[line-1]
}

// lines returns the text of the lines from up to, not including, to.
func (s *source) lines(from, to int) string {
	return string(s.text[s.lineStart(from):s.lineStart(to)])
}

// firstText returns the number of the first line that is not empty.
func (s *source) firstText() int {
	trimmed := strings.TrimLeft(string(s.text), " \t\n")
	return s.lineOf(len(s.text) - len(trimmed))
}

var byteOrderMark = []byte("\uFEFF")

// clean returns doc without byte order mark and with plain line ends. It reports an error
// and returns false if doc is too large or not text.
func clean(doc []byte, p *problems) ([]byte, bool) {
	doc = bytes.TrimPrefix(doc, byteOrderMark)
	doc = bytes.ReplaceAll(doc, []byte("\r\n"), []byte("\n"))
	if len(doc) > maxDocument {
		p.add(place{1, 1}, "", "the document has %d bytes; at most %d are read", len(doc), maxDocument)
		return nil, false
	}
	if long := longLine(doc); long > 0 {
		p.add(place{long, 1}, "break it", "the line has more than %d bytes", maxLine)
		return nil, false
	}
	for i := 0; i < len(doc); {
		r, n := utf8.DecodeRune(doc[i:])
		if (r == utf8.RuneError && n == 1) || (r < ' ' && !strings.ContainsRune("\n\t", r)) {
			p.add(newSource(doc).place(i), "save the document as UTF-8 text", "byte %#02x is no text", doc[i])
			return nil, false
		}
		i += n
	}
	return doc, true
}

// Bounds of a document and each C file, and of a document's line, in bytes.
// Blocks nested in one line take time that grows with the square of its length.
const (
	maxDocument = 1 << 20
	maxLine     = 4 << 10
)

// longLine returns the number of the first line over maxLine, 0 if there is none.
func longLine(doc []byte) int {
	n := 0
	for line := range bytes.Lines(doc) {
		if n++; len(line) > maxLine {
			return n
		}
	}
	return 0
}

// cutFrontMatter takes the YAML between the two --- lines off doc. The rest
// keeps its line numbers: empty lines stand for what was cut.
func cutFrontMatter(doc []byte, p *problems) (fragment, []byte, bool) {
	f := fragment{above: 1, noun: "the front matter"}
	text, opened := strings.CutPrefix(string(doc), "---\n")
	if !opened {
		p.add(place{1, 1}, `begin the document with a line "---", then title and summary, then "---"`, "no front matter")
		return f, doc, false
	}
	var n int
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \t\n") == "---" {
			f.text = text[:n]
			rest := text[n+len(line):]
			above := strings.Repeat("\n", 2+strings.Count(f.text, "\n"))
			return f, []byte(above + rest), true
		}
		n += len(line)
	}
	p.add(place{1, 1}, `end it with a line "---"`, "the front matter is not closed")
	return f, doc, false
}
