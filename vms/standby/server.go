//go:build linux

package standby

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"
)

// Machine is a machine that waits to be taken.
type Machine interface {
	// Lend wakes the machine and returns what a borrower needs: what it should know, and
	// files, which the server closes when it has sent them. The server reads nothing of
	// the machine any more.
	Lend(ctx context.Context) (about any, files []*os.File, err error)
	// Memory returns how much of the host's memory the machine holds, in bytes.
	Memory() int64
	// Done returns a channel that is closed when the machine is gone; Words then returns
	// what the borrower should know of its end.
	Done() <-chan struct{}
	Words() any
	// Close ends the machine and returns when nothing of it is left.
	Close() error
}

// Options configures a Server.
type Options struct {
	Dir   string // the user's; it is made where there is none
	Build string // of this program

	// Make makes a machine. key is that of the machine as it became.
	Make func(ctx context.Context, spec json.RawMessage) (m Machine, key string, err error)
	// Memory is what all machines that wait may hold together, in bytes.
	Memory int64
	// Short reports whether the host is short of memory; then no machine waits.
	Short func() bool
	// Idle is how long a machine waits to be taken. 0 is for ever; else the server ends
	// when nothing waits any more.
	Idle time.Duration
	// Log takes what a person may want to know; nil drops it.
	Log func(text string)

	uid func() uint32 // os.Getuid but in tests
}

// Server holds machines. Serve runs it, once.
type Server struct {
	Options
	dir     directory
	listen  *net.UnixListener
	changed chan struct{} // holds one token when there may be something to do
	ending  <-chan struct{}
	stop    context.CancelFunc
	talks   sync.WaitGroup // connections

	mu      sync.Mutex
	places  []*place
	callers int       // clients at work
	asked   time.Time // when one last asked for a machine
	lent    int
	largest int64 // that a machine has held while it waited, in bytes
}

// Open makes a server that has the directory; lock is its open file if the process that
// started this one has locked it. Machines can be asked for from Serve on.
func Open(o Options, lock *os.File) (*Server, error) {
	if o.Log == nil {
		o.Log = func(string) {}
	}
	dir := directory{lock}
	if lock == nil {
		var err error
		if dir, err = takeDirectory(o); err != nil {
			return nil, err
		}
	}
	os.Remove(dir.socket()) // of a server that was killed
	listen, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: dir.socket(), Net: "unixpacket"})
	if err != nil {
		dir.close()
		return nil, fmt.Errorf("standby: %w", err)
	}
	return &Server{Options: o, dir: dir, listen: listen, changed: make(chan struct{}, 1), largest: usualMemory}, nil
}

// usualMemory is what a machine that waits is taken to hold until one was measured, in bytes.
const usualMemory = 64 << 20

// takeDirectory opens the directory and locks it. A server that has it is ended.
func takeDirectory(o Options) (directory, error) {
	dir, err := makeDirectory(o.Dir)
	if err != nil {
		return dir, err
	}
	for until := time.Now().Add(askLimit); ; time.Sleep(10 * time.Millisecond) {
		if err = dir.lock(); !errors.Is(err, errLocked) || time.Now().After(until) {
			break
		}
		(&Client{Dir: o.Dir, Build: o.Build}).Stop()
	}
	if err != nil {
		dir.close()
	}
	return dir, err
}

// Serve answers clients and makes machines until ctx ends, a client stops it, or nothing was
// asked for long enough. It returns when no machine is left: it waits for those that are lent.
func (s *Server) Serve(ctx context.Context) {
	ctx, s.stop = context.WithCancel(ctx)
	defer s.stop()
	s.ending = ctx.Done()
	s.talks.Go(s.accept)
	s.keep(ctx)
	s.listen.Close() // which removes the socket
	s.dir.close()
	s.mu.Lock()
	places := s.places
	s.places = nil
	s.mu.Unlock()
	for _, p := range places {
		p.close()
	}
	s.talks.Wait()
}

func (s *Server) accept() {
	for {
		conn, err := s.listen.AcceptUnix()
		if err != nil {
			return
		}
		s.talks.Go(func() {
			defer conn.Close()
			if err := s.talk(conn); err != nil {
				s.Log(err.Error())
			}
		})
	}
}

// requestLimit is how long a client may take to send its request, and a machine to wake.
const requestLimit = 5 * time.Second

func (s *Server) talk(conn *net.UnixConn) error {
	if err := checkPeer(conn, s.user()); err != nil {
		return err
	}
	conn.SetDeadline(time.Now().Add(requestLimit))
	var r request
	files, err := receive(conn, &r)
	if err != nil {
		return err
	}
	closeAll(files)
	switch {
	case r.Do == doStatus:
		status := s.status()
		return send(conn, answer{Build: s.Build, Status: &status})
	case r.Do == doStop:
		s.Log("this standby was told to end (`bpflab standby --stop`, or another standby takes its place)")
		s.stop()
		return send(conn, answer{Build: s.Build})
	case r.Build != s.Build || r.Do != doTake:
		return send(conn, answer{Build: s.Build})
	}
	return s.serve(conn, r.Wanted)
}

// serve lends a machine or says that there is none, and stays until the client ends the
// connection. A machine that was lent ends with it.
func (s *Server) serve(conn *net.UnixConn, w Wanted) error {
	m := s.take(w)
	defer s.leave()
	var err error
	if m != nil {
		var lent bool
		if lent, err = s.lend(conn, m); lent {
			return err
		}
	}
	if err2 := send(conn, answer{Build: s.Build}); err2 != nil {
		return errors.Join(err, err2)
	}
	conn.SetDeadline(time.Time{})
	select {
	case <-ended(conn):
	case <-s.ending:
	}
	return err
}

// lend hands a machine over, waits until it or its borrower has ended, and closes it. It
// reports whether it was lent. A machine counts as lent before its borrower can ask how many
// are.
func (s *Server) lend(conn *net.UnixConn, m Machine) (bool, error) {
	s.count(1)
	defer s.count(-1)
	if err := handOver(conn, s.Build, m); err != nil {
		m.Close()
		return false, err
	}
	attend(conn, m)
	return true, m.Close()
}

// handOver wakes a machine and sends it to its borrower.
func handOver(conn *net.UnixConn, build string, m Machine) error {
	ctx, cancel := context.WithTimeout(context.Background(), requestLimit)
	defer cancel()
	about, files, err := m.Lend(ctx)
	if err != nil {
		return err
	}
	defer closeAll(files)
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	return send(conn, answer{Build: build, Lent: true, About: text}, files...)
}

// attend waits for the end of a lent machine, or of its borrower.
func attend(conn *net.UnixConn, m Machine) {
	conn.SetDeadline(time.Time{})
	select {
	case <-ended(conn):
	case <-m.Done():
		conn.SetWriteDeadline(time.Now().Add(requestLimit))
		send(conn, m.Words()) // the borrower may be gone, too
	}
}

// ended returns a channel that is closed when a client has ended its connection.
func ended(conn *net.UnixConn) <-chan struct{} {
	done := make(chan struct{})
	go func() {
		defer close(done)
		conn.Read(make([]byte, 1))
	}()
	return done
}

// First makes the server begin with a machine that a client wants, which ends from when it
// is not at work any more.
func (s *Server) First(w Wanted, from io.Reader) {
	if m := s.take(w); m != nil {
		m.Close()
	}
	go func() {
		io.Copy(io.Discard, from)
		s.leave()
	}()
}

func (s *Server) user() uint32 {
	if s.uid != nil {
		return s.uid()
	}
	return uint32(os.Getuid())
}
