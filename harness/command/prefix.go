package command

import (
	"bytes"
	"io"
	"sync"
)

// Prefix writes whole lines to another writer, each with a name before it. Writers
// that share Lock do not mix their lines. The last line, if it is cut, is written by
// Close.
type Prefix struct {
	W    io.Writer
	Name string // "6.1 | "
	Lock *sync.Mutex

	line []byte
}

// longestLine is what is kept of a line before it is written, in bytes.
const longestLine = 1 << 20

func (p *Prefix) Write(b []byte) (int, error) {
	p.line = append(p.line, b...)
	end := bytes.LastIndexByte(p.line, '\n') + 1
	if end == 0 && len(p.line) < longestLine {
		return len(b), nil
	}
	if end == 0 {
		end = len(p.line)
	}
	err := p.emit(p.line[:end])
	p.line = append(p.line[:0], p.line[end:]...)
	return len(b), err
}

// emit writes lines, all in one piece.
func (p *Prefix) emit(lines []byte) error {
	out := make([]byte, 0, len(lines)+len(lines)/8)
	for line := range bytes.Lines(lines) {
		out = append(append(out, p.Name...), line...)
	}
	if out[len(out)-1] != '\n' {
		out = append(out, '\n')
	}
	p.Lock.Lock()
	defer p.Lock.Unlock()
	_, err := p.W.Write(out)
	return err
}

// Close writes what is left.
func (p *Prefix) Close() error {
	if len(p.line) == 0 {
		return nil
	}
	err := p.emit(p.line)
	p.line = nil
	return err
}
