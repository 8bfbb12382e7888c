package command

import (
	"errors"
	"io"
	"os"
	"sync"
)

// Input returns the standard input of commands on n kernels: in for one, a copy for each
// of several, and none where in is a terminal, or another device, that several would share.
func Input(in io.Reader, n int) func() io.Reader {
	if n == 1 {
		return func() io.Reader { return in }
	}
	if f, ok := in.(*os.File); ok && isDevice(f) {
		return func() io.Reader { return nil }
	}
	return (&copies{from: in, most: mostInput}).reader
}

// isDevice reports whether f is a terminal, /dev/null or such.
func isDevice(f *os.File) bool {
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeDevice != 0
}

// mostInput is how much input is kept for several kernels, in bytes.
const mostInput = 256 << 20

var errMuchInput = errors.New("standard input is too long to be kept for several kernels: run one at a time")

// copies gives many readers the content of one, as it arrives. It reads nothing before
// there is a reader.
type copies struct {
	from  io.Reader
	most  int // bytes
	begin sync.Once

	mu   sync.Mutex
	more sync.Cond
	text []byte
	err  error // why there is no more
}

func (c *copies) reader() io.Reader {
	c.begin.Do(func() {
		c.more.L = &c.mu
		go c.read()
	})
	return &oneCopy{of: c}
}

func (c *copies) read() {
	part := make([]byte, 64<<10)
	for {
		n, err := c.from.Read(part)
		c.mu.Lock()
		c.text = append(c.text, part[:n]...)
		if c.err = err; err == nil && len(c.text) > c.most {
			c.err = errMuchInput
		}
		ended := c.err != nil
		c.mu.Unlock()
		c.more.Broadcast()
		if ended {
			return
		}
	}
}

// oneCopy is one reader's position.
type oneCopy struct {
	of *copies
	at int
}

func (o *oneCopy) Read(p []byte) (int, error) {
	c := o.of
	c.mu.Lock()
	defer c.mu.Unlock()
	for o.at == len(c.text) && c.err == nil {
		c.more.Wait()
	}
	if o.at == len(c.text) {
		return 0, c.err
	}
	n := copy(p, c.text[o.at:])
	o.at += n
	return n, nil
}
