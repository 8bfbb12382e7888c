package lab

import (
	"sort"
	"strings"
	"unicode/utf8"

	"github.com/bpflab/bpflab/harness/document"
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
func (s *source) place(offset int) document.Place {
	line := s.lineOf(offset)
	return document.At(line, 1+utf8.RuneCount(s.text[s.starts[line-1]:offset]))
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

// cutFrontMatter takes the YAML between the two --- lines off doc. The rest
// keeps its line numbers: empty lines stand for what was cut.
func cutFrontMatter(doc []byte, p *document.Problems) (document.Fragment, []byte, bool) {
	f := document.Fragment{Above: 1, Noun: "the front matter"}
	text, opened := strings.CutPrefix(string(doc), "---\n")
	if !opened {
		p.Add(document.At(1, 1), `begin the document with a line "---", then title and summary, then "---"`, "no front matter")
		return f, doc, false
	}
	var n int
	for line := range strings.Lines(text) {
		if strings.TrimRight(line, " \t\n") == "---" {
			f.Text = text[:n]
			rest := text[n+len(line):]
			above := strings.Repeat("\n", 2+strings.Count(f.Text, "\n"))
			return f, []byte(above + rest), true
		}
		n += len(line)
	}
	p.Add(document.At(1, 1), `end it with a line "---"`, "the front matter is not closed")
	return f, doc, false
}
