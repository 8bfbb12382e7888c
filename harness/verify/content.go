package verify

import (
	"bytes"
	"fmt"
	"hash/maphash"
	"io"
	"os"

	"github.com/bpflab/bpflab/harness/globals"
)

// extent is where an object is in its file. Objects are not kept in memory: hundreds are
// verified at once, and each is needed only while it is sent to a machine.
type extent struct {
	at   int64
	size int
	sum  uint64
}

var sums = maphash.MakeSeed()

// leave leaves the object in its file, whose text it is in, if that can be read again.
func (o *Object) leave(text []byte) {
	info, err := os.Stat(o.path)
	at := bytes.Index(text, o.ELF)
	if o.ELF == nil || err != nil || !info.Mode().IsRegular() || at < 0 {
		return
	}
	o.within, o.ELF = extent{at: int64(at), size: len(o.ELF), sum: maphash.Bytes(sums, o.ELF)}, nil
}

// size returns the size of the object, in bytes.
func (o *Object) size() int { return max(len(o.ELF), o.within.size) }

// contentError is an object's whose file is not what it was.
type contentError struct{ err error }

func (e *contentError) Error() string { return e.err.Error() }
func (e *contentError) Unwrap() error { return e.err }

// content returns the object, its variables with the values of its preset. Errors are of type
// *contentError.
func (o *Object) content() ([]byte, error) {
	text, err := o.compiled()
	if err != nil || len(o.patches) == 0 {
		return text, err
	}
	if text, err = globals.Apply(text, o.patches); err != nil {
		return nil, &contentError{fmt.Errorf("%s: %w", o.Name, err)}
	}
	return text, nil
}

// Describe writes what a verification of the object depends on: its name, its programs, its
// content and the values of its preset. The error is that of reading it or of w.
func (o *Object) Describe(w io.Writer) error {
	text, err := o.content()
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%q %q %q %d\n", o.Name, o.preset, o.notes, len(text))
	if o.unread != nil {
		fmt.Fprintf(w, "%q\n", o.unread.reason.Text)
	}
	for _, p := range o.Programs {
		fmt.Fprintf(w, "%q\n", p.Name)
	}
	_, err = w.Write(text)
	return err
}

// compiled returns the object as it is in its file.
func (o *Object) compiled() ([]byte, error) {
	if o.ELF != nil || o.within.size == 0 {
		return o.ELF, nil
	}
	text, err := o.within.read(o.path)
	if err != nil {
		return nil, &contentError{err}
	}
	return text, nil
}

func (e extent) read(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text := make([]byte, e.size)
	if _, err := f.ReadAt(text, e.at); err != nil && err != io.EOF {
		return nil, err
	}
	if maphash.Bytes(sums, text) != e.sum {
		return nil, fmt.Errorf("%s has changed since its programs were read", path)
	}
	return text, nil
}
