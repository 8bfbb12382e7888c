// Package console keeps what a guest prints: in a file of limited size, so that a guest
// that floods its console cannot fill the disk, and its end in memory, which shows why the
// guest died.
package console

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"sync"
)

// How much of a console is kept, in bytes: its beginning, and the end of a longer one.
const (
	KeepHead = 8 << 20
	KeepTail = 256 << 10 // also the most that Tail returns

	// KeepLive is how much is kept while the guest runs, so that what its kernel reports is
	// found. What comes after that is not seen: a file of this size is full.
	KeepLive = 64 << 20
)

// Log is a machine's console.
type Log struct {
	path string
	from io.ReadCloser
	done chan struct{}

	mu      sync.Mutex
	file    *os.File
	written int64  // by the guest
	last    []byte // the last bytes seen, less than 2*KeepTail before each Write
}

// Keep writes a console to a new file until the console ends, and closes it then. If it
// cannot create the file, it closes the console at once.
func Keep(from io.ReadCloser, path string) (*Log, error) {
	file, err := os.Create(path)
	if err != nil {
		from.Close()
		return nil, fmt.Errorf("console log: %w", err)
	}
	c := &Log{path: path, from: from, file: file, done: make(chan struct{})}
	go c.copy()
	return c, nil
}

func (c *Log) copy() {
	defer close(c.done)
	io.Copy(c, c.from)
	c.from.Close()
	c.finish()
}

// Write takes what the guest prints. It never fails: a full disk must not
// stop the machine.
func (c *Log) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = append(c.last, p...)
	if len(c.last) >= 2*KeepTail {
		c.last = append(c.last[:0], c.end()...)
	}
	c.file.Write(p[:min(int64(len(p)), max(0, KeepLive-c.written))])
	c.written += int64(len(p))
	return len(p), nil
}

// finish leaves the beginning and the end of a console that is too long to keep whole.
func (c *Log) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	defer c.file.Close()
	if c.written <= KeepHead+KeepTail {
		return
	}
	end := c.end()
	c.file.Truncate(KeepHead)
	c.file.Seek(KeepHead, io.SeekStart)
	fmt.Fprintf(c.file, "\n[bpflab: %d bytes are left out here]\n", c.written-KeepHead-int64(len(end)))
	c.file.Write(end)
}

// Path returns the file's path.
func (c *Log) Path() string { return c.path }

// Wait waits until the console has ended and everything is written.
func (c *Log) Wait() { <-c.done }

// Tail returns a copy of the console's end.
func (c *Log) Tail() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.end())
}

// end returns the last bytes seen, at most KeepTail.
func (c *Log) end() []byte { return c.last[max(0, len(c.last)-KeepTail):] }
