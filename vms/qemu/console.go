package qemu

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
)

// What is kept of a console, in bytes: its beginning, and, of one that goes
// on, its end. A guest that floods its console fills no disk.
const (
	keepHead = 8 << 20
	keepTail = 256 << 10
)

// console writes a machine's console to a file.
type console struct {
	path string
	conn net.Conn
	done chan struct{}

	mu      sync.Mutex
	file    *os.File
	written int64
	dropped int64
	last    []byte // the last bytes seen, less than 2*keepTail before each Write
}

func keepConsole(conn net.Conn, path string) (*console, error) {
	file, err := os.Create(path)
	if err != nil {
		conn.Close()
		return nil, fmt.Errorf("console log: %w", err)
	}
	c := &console{path: path, conn: conn, file: file, done: make(chan struct{})}
	go c.copy()
	return c, nil
}

func (c *console) copy() {
	defer close(c.done)
	io.Copy(c, c.conn)
	c.conn.Close()
	c.finish()
}

// Write takes what the guest prints. It never fails: a full disk must not
// stop the machine.
func (c *console) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.last = append(c.last, p...)
	if len(c.last) >= 2*keepTail {
		c.last = append(c.last[:0], c.end()...)
	}
	head := p[:min(int64(len(p)), max(0, keepHead-c.written))]
	c.file.Write(head)
	c.written += int64(len(head))
	c.dropped += int64(len(p) - len(head))
	return len(p), nil
}

// finish writes the end of a console that was too long to keep whole.
func (c *console) finish() {
	c.mu.Lock()
	defer c.mu.Unlock()
	end := c.end()
	end = end[max(0, int64(len(end))-c.dropped):]
	if lost := c.dropped - int64(len(end)); lost > 0 {
		fmt.Fprintf(c.file, "\n[bpflab: %d bytes are left out here]\n", lost)
	}
	c.file.Write(end)
	c.file.Close()
}

// wait waits until QEMU has closed its end and everything is written.
func (c *console) wait() { <-c.done }

// tail is a copy of the console's end.
func (c *console) tail() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.end())
}

// end is the last bytes seen, at most keepTail.
func (c *console) end() []byte { return c.last[max(0, len(c.last)-keepTail):] }
