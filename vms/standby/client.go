//go:build linux

package standby

import (
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// usualPatience is how long a client waits for a server, in all. One that is well answers in
// a few milliseconds.
const usualPatience = 300 * time.Millisecond

// Client asks the server of a directory. Its methods are safe for concurrent use.
type Client struct {
	Dir   string
	Build string // of this program; a server of another one is not used

	// Patience is how long a client waits for the server, in all; 0 is a fraction of a
	// second.
	Patience time.Duration

	// Begin starts a server that has the lock of the directory, and first makes what is
	// wanted; nil starts none. The file is the lock, of which the server takes a copy.
	Begin func(lock *os.File, first Wanted) error

	uid func() uint32 // os.Getuid but in tests

	mu      sync.Mutex
	present *net.UnixConn // by which the server knows that this client is at work; nil until it got nothing
}

// Loan is a machine that the server has lent.
type Loan struct {
	About json.RawMessage
	Files []*os.File // the borrower's
	conn  *net.UnixConn
}

// Words waits until the server says how the machine has ended. Without an answer the server
// has ended, or the loan was returned.
func (l *Loan) Words() (json.RawMessage, error) {
	var words json.RawMessage
	_, err := receive(l.conn, &words)
	return words, err
}

// Return gives the machine back, which ends it.
func (l *Loan) Return() { l.conn.Close() }

// errOtherBuild is a server of another build.
var errOtherBuild = errors.New("the standby is of another build of bpflab")

// Take returns a machine like the wanted one, nil if there is none. Whatever is wrong with
// the server, the caller goes on without.
func (c *Client) Take(w Wanted) *Loan {
	until := time.Now().Add(cmp.Or(c.Patience, usualPatience))
	loan, err := c.take(w, until)
	if err == nil || c.Begin == nil {
		return loan
	}
	if errors.Is(err, errOtherBuild) {
		c.ask(request{Do: doStop}, until)
	}
	if errors.Is(err, ErrNone) || errors.Is(err, errOtherBuild) {
		c.begin(w)
	}
	return nil
}

func (c *Client) take(w Wanted, until time.Time) (*Loan, error) {
	conn, got, files, err := c.exchange(request{Do: doTake, Wanted: w}, until)
	if err != nil {
		return nil, err
	}
	if got.Build != c.Build {
		closeAll(files)
		conn.Close()
		return nil, errOtherBuild
	}
	if !got.Lent {
		c.stay(conn)
		return nil, nil
	}
	conn.SetDeadline(time.Time{})
	return &Loan{got.About, files, conn}, nil
}

// stay keeps one connection until this process ends, so that the server makes no machine
// while this one works.
func (c *Client) stay(conn *net.UnixConn) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.present != nil {
		c.present.Close()
	}
	c.present = conn
}

// begin starts a server, unless another one has the lock.
func (c *Client) begin(first Wanted) {
	dir, err := makeDirectory(c.Dir)
	if err != nil {
		return
	}
	defer dir.close()
	if dir.lock() == nil {
		c.Begin(dir.file, first)
	}
}

// ErrNone means that no server runs.
var ErrNone = errors.New("no standby runs")

// exchange sends a request and reads the answer, until a moment.
func (c *Client) exchange(r request, until time.Time) (conn *net.UnixConn, got answer, files []*os.File, err error) {
	r.Build = c.Build
	if conn, err = c.connect(); err != nil {
		return nil, got, nil, err
	}
	conn.SetDeadline(until)
	if err = send(conn, r); err == nil {
		files, err = receive(conn, &got)
	}
	if err != nil {
		conn.Close()
	}
	return conn, got, files, err
}

func (c *Client) connect() (*net.UnixConn, error) {
	dir, err := openDirectory(c.Dir)
	if err != nil {
		return nil, errors.Join(err, nobody(err))
	}
	defer dir.close()
	conn, err := net.DialUnix("unixpacket", nil, &net.UnixAddr{Name: dir.socket(), Net: "unixpacket"})
	if err != nil {
		return nil, errors.Join(err, nobody(err))
	}
	if err := checkPeer(conn, c.user()); err != nil {
		conn.Close()
		return nil, err
	}
	return conn, nil
}

// nobody returns ErrNone if err says that there is no server.
func nobody(err error) error {
	if errors.Is(err, os.ErrNotExist) || errors.Is(err, unix.ECONNREFUSED) {
		return ErrNone
	}
	return nil
}

func (c *Client) user() uint32 {
	if c.uid != nil {
		return c.uid()
	}
	return uint32(os.Getuid())
}

// ask sends a request whose answer has no files.
func (c *Client) ask(r request, until time.Time) (answer, error) {
	conn, got, files, err := c.exchange(r, until)
	if err != nil {
		return got, err
	}
	closeAll(files)
	return got, conn.Close()
}

// askLimit is how long a server may take to answer people.
const askLimit = 5 * time.Second

// Status returns what the server holds. The error is ErrNone if none runs.
func (c *Client) Status() (Status, error) {
	got, err := c.ask(request{Do: doStatus}, time.Now().Add(askLimit))
	if err == nil && got.Status != nil {
		return *got.Status, nil
	}
	return Status{}, err
}

// Stop ends the server. Machines that it has lent stay until they are returned. The error is
// ErrNone if none runs.
func (c *Client) Stop() error {
	_, err := c.ask(request{Do: doStop}, time.Now().Add(askLimit))
	return err
}
