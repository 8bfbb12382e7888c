package document

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"unicode/utf8"
)

var byteOrderMark = []byte("\uFEFF")

// Clean returns doc without byte order mark and with plain line ends. It reports an error
// and returns false if doc is too large or not text.
func Clean(doc []byte, p *Problems) ([]byte, bool) {
	doc = bytes.TrimPrefix(doc, byteOrderMark)
	doc = bytes.ReplaceAll(doc, []byte("\r\n"), []byte("\n"))
	if len(doc) > MaxSize {
		p.Add(Place{1, 1}, "", "the document has %d bytes; at most %d are read", len(doc), MaxSize)
		return nil, false
	}
	if long := longLine(doc); long > 0 {
		p.Add(Place{long, 1}, "break it", "the line has more than %d bytes", MaxLine)
		return nil, false
	}
	for i := 0; i < len(doc); {
		r, n := utf8.DecodeRune(doc[i:])
		if (r == utf8.RuneError && n == 1) || (r < ' ' && !strings.ContainsRune("\n\t", r)) {
			p.Add(placeOf(doc, i), "save the document as UTF-8 text", "byte %#02x is no text", doc[i])
			return nil, false
		}
		i += n
	}
	return doc, true
}

// MaxSize is how many bytes a document may have.
const MaxSize = 1 << 20

// MaxLine is how many bytes a line may have: blocks nested in one line take time that grows
// with the square of its length.
const MaxLine = 4 << 10

// longLine returns the number of the first line over MaxLine, 0 if there is none.
func longLine(doc []byte) int {
	n := 0
	for line := range bytes.Lines(doc) {
		if n++; len(line) > MaxLine {
			return n
		}
	}
	return 0
}

// Read reads a file of at most MaxSize bytes.
func Read(fsys fs.FS, file string) ([]byte, error) {
	f, err := fsys.Open(file)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, MaxSize+1))
	if err != nil {
		return nil, err
	}
	if len(text) > MaxSize {
		return nil, fmt.Errorf("%s is larger than %d bytes", file, MaxSize)
	}
	return text, nil
}

// placeOf returns the line and column of an offset.
func placeOf(doc []byte, offset int) Place {
	above := doc[:offset]
	start := bytes.LastIndexByte(above, '\n') + 1
	return Place{1 + bytes.Count(above, []byte("\n")), 1 + utf8.RuneCount(above[start:])}
}
