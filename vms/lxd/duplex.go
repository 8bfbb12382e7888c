package lxd

import (
	"io"
	"sync"
)

// end is one of the two ends of a byte stream.
type end struct {
	r       *io.PipeReader
	w       *io.PipeWriter
	closing sync.Once
	gone    chan struct{} // closed with the end
}

// duplex returns both ends. What is written to one is read from the other; to
// close one ends both.
func duplex() (ours, theirs *end) {
	ar, bw := io.Pipe()
	br, aw := io.Pipe()
	ours = &end{r: ar, w: aw, gone: make(chan struct{})}
	return ours, &end{r: br, w: bw, gone: make(chan struct{})}
}

func (e *end) Read(b []byte) (int, error)  { return e.r.Read(b) }
func (e *end) Write(b []byte) (int, error) { return e.w.Write(b) }

// ReadFrom copies what comes from the server, and closes the end when the
// server has. LXD's client copies with io.Copy and reports the end to nobody.
func (e *end) ReadFrom(r io.Reader) (int64, error) {
	n, err := io.Copy(struct{ io.Writer }{e.w}, r)
	e.Close()
	return n, err
}

func (e *end) Close() error {
	e.closing.Do(func() { e.r.Close(); e.w.Close(); close(e.gone) })
	return nil
}
