//go:build linux

package standby

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"
)

// fakeMachine is a machine without a guest: what a borrower gets is the end of a pipe to
// read from, whose other end is open as long as the machine lives.
type fakeMachine struct {
	key    string
	memory int64
	out    *os.File
	in     *os.File
	lend   func() error // nil lends
	once   sync.Once
	done   chan struct{}
}

func newFakeMachine(key string) *fakeMachine {
	out, in, err := os.Pipe()
	if err != nil {
		panic(err)
	}
	return &fakeMachine{key: key, memory: 50 << 20, out: out, in: in, done: make(chan struct{})}
}

func (m *fakeMachine) Lend(context.Context) (any, []*os.File, error) {
	if m.lend != nil {
		if err := m.lend(); err != nil {
			return nil, nil, err
		}
	}
	return m.key, []*os.File{m.out}, nil
}

func (m *fakeMachine) Memory() int64         { return m.memory }
func (m *fakeMachine) Done() <-chan struct{} { return m.done }
func (m *fakeMachine) Words() any            { return "it ended" }

func (m *fakeMachine) Close() error {
	m.once.Do(func() {
		m.in.Close()
		m.out.Close()
		close(m.done)
	})
	return nil
}

// hall is a server of fake machines in this process.
type hall struct {
	*Server
	ended chan struct{} // closed when Serve has returned

	mu    sync.Mutex
	made  []*fakeMachine
	short bool
}

const someBuild = "build 1"

// open makes a server that is not served yet; change may change its options.
func open(t *testing.T, dir string, change func(*Options)) *hall {
	t.Helper()
	h := &hall{ended: make(chan struct{})}
	o := Options{Dir: dir, Build: someBuild, Memory: 1 << 30, Make: h.make, Short: h.isShort, Log: func(text string) { t.Log(text) }}
	if change != nil {
		change(&o)
	}
	var err error
	if h.Server, err = Open(o, nil); err != nil {
		t.Fatal(err)
	}
	return h
}

// serve opens a server and runs it to the end of the test, where nothing may be left.
func serve(t *testing.T, dir string, change func(*Options)) *hall {
	t.Helper()
	h := open(t, dir, change)
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		h.Serve(ctx)
		close(h.ended)
	}()
	t.Cleanup(func() {
		cancel()
		<-h.ended
		h.checkNothingLeft(t)
	})
	return h
}

func (h *hall) checkNothingLeft(t *testing.T) {
	t.Helper()
	for _, m := range h.all() {
		if !isGone(m) {
			t.Errorf("a machine of %s is left", m.key)
		}
	}
	left, err := os.ReadDir(h.Dir)
	if err != nil || len(left) > 0 {
		t.Errorf("%v is left of a server that has ended, error %v", left, err)
	}
}

func (h *hall) make(_ context.Context, spec json.RawMessage) (Machine, string, error) {
	var key string
	if err := json.Unmarshal(spec, &key); err != nil {
		return nil, "", err
	}
	if key == "bad" {
		return nil, "", errors.New("it cannot be made")
	}
	m := newFakeMachine(key)
	h.mu.Lock()
	defer h.mu.Unlock()
	h.made = append(h.made, m)
	return m, key, nil
}

func (h *hall) all() []*fakeMachine {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]*fakeMachine(nil), h.made...)
}

func (h *hall) isShort() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.short
}

func someMachine(key string) Wanted {
	spec, _ := json.Marshal(key)
	return Wanted{Key: key, Name: "machine " + key, Spec: spec}
}

// newDir returns a directory that is the user's alone, or would be.
func newDir(t *testing.T) string { return filepath.Join(t.TempDir(), "standby") }

func clientOf(t *testing.T, dir string) *Client {
	c := &Client{Dir: dir, Build: someBuild, Patience: time.Minute}
	t.Cleanup(c.leave)
	return c
}

// leave does what the end of a client's process does.
func (c *Client) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.present != nil {
		c.present.Close()
		c.present = nil
	}
}

// eventually waits until something is true.
func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 3000 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("it did not come to this: %s", what)
}

// ready waits until machines of all keys wait.
func ready(t *testing.T, c *Client, keys ...string) {
	t.Helper()
	eventually(t, fmt.Sprint(keys, " wait"), func() bool {
		s, err := c.Status()
		n := 0
		for _, m := range s.Machines {
			if m.Ready {
				n++
			}
		}
		return err == nil && n == len(keys)
	})
}

// prepared returns a client and the server it asks, with machines of some keys.
func prepared(t *testing.T, keys ...string) (*hall, *Client) {
	t.Helper()
	h := serve(t, newDir(t), nil)
	c := clientOf(t, h.Dir)
	for _, key := range keys {
		if loan := c.Take(someMachine(key)); loan != nil {
			t.Fatalf("a machine of %s before one was made", key)
		}
	}
	c.leave()
	ready(t, c, keys...)
	return h, c
}

func TestMachineIsLentAndAnotherOneMade(t *testing.T) {
	h, c := prepared(t, "a", "b")
	for _, m := range h.all() {
		m.lend = func() error {
			if n := h.status().Lent; n != 1 {
				t.Errorf("%d machines are lent while one is handed over, want 1", n)
			}
			return nil
		}
	}
	loan := c.Take(someMachine("a"))
	if loan == nil || string(loan.About) != `"a"` || len(loan.Files) != 1 {
		t.Fatalf("loan %+v", loan)
	}
	defer closeAll(loan.Files)
	if s, err := c.Status(); err != nil || s.Lent != 1 || len(s.Machines) != 2 || s.Build != someBuild || s.PID != os.Getpid() {
		t.Errorf("status %+v, error %v", s, err)
	}
	loan.Return()
	if n, err := loan.Files[0].Read(make([]byte, 1)); n != 0 || err == nil {
		t.Errorf("the machine lives after it was returned: %d bytes, error %v", n, err)
	}
	ready(t, c, "a", "b")
	if n := len(h.all()); n != 3 {
		t.Errorf("%d machines were made, want 3", n)
	}
}

func TestEndOfALentMachine(t *testing.T) {
	h, c := prepared(t, "a")
	loan := c.Take(someMachine("a"))
	defer closeAll(loan.Files)
	h.all()[0].Close()
	if words, err := loan.Words(); err != nil || string(words) != `"it ended"` {
		t.Errorf("words %s, error %v", words, err)
	}
	loan.Return()
}

func TestMachineThatEndsWhileItWaits(t *testing.T) {
	h, c := prepared(t, "a")
	h.all()[0].Close()
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Error("a machine that has ended was lent")
	}
}

func TestMachineThatCannotBeLent(t *testing.T) {
	h, c := prepared(t, "a")
	h.all()[0].lend = func() error { return errors.New("it does not wake") }
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Error("it was lent")
	}
	if !isGone(h.all()[0]) {
		t.Error("it was not ended")
	}
}

func TestMachineThatCannotBeMade(t *testing.T) {
	h, c := prepared(t, "a")
	c.Take(someMachine("bad"))
	c.leave()
	eventually(t, "it is forgotten", func() bool {
		s, err := c.Status()
		return err == nil && len(s.Machines) == 1
	})
	if n := len(h.all()); n != 1 {
		t.Errorf("%d machines were made", n)
	}
}

func other() uint32 { return uint32(os.Getuid()) + 1 }

func TestOtherUsers(t *testing.T) {
	h, c := prepared(t, "a")
	t.Run("a client refuses the server", func(t *testing.T) {
		c := &Client{Dir: h.Dir, Build: someBuild, uid: other, Patience: time.Minute}
		if loan := c.Take(someMachine("a")); loan != nil {
			t.Error("it takes a machine of another user's server")
		}
	})
	t.Run("a server refuses the client", func(t *testing.T) {
		h := serve(t, newDir(t), func(o *Options) { o.uid = other })
		c := clientOf(t, h.Dir)
		if loan := c.Take(someMachine("a")); loan != nil {
			t.Error("another user's client got a machine")
		}
		if n := len(h.all()); n > 0 {
			t.Errorf("%d machines were made for another user", n)
		}
	})
	if loan := c.Take(someMachine("a")); loan == nil {
		t.Error("the user's own client gets none")
	} else {
		closeAll(loan.Files)
		loan.Return()
	}
}

func TestDirectoryOfOthers(t *testing.T) {
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o770); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: dir}, nil); err == nil {
		t.Error("a server opens a directory that others may enter")
	}
	begun := false
	c := clientOf(t, dir)
	c.Begin = func(*os.File, Wanted) error { begun = true; return nil }
	if loan := c.Take(someMachine("a")); loan != nil || begun {
		t.Errorf("loan %v, server begun: %t", loan, begun)
	}
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(Options{Dir: link}, nil); err == nil {
		t.Error("a server opens a symbolic link")
	}
}

func TestServerOfAnotherBuild(t *testing.T) {
	h, _ := prepared(t, "a")
	plain := clientOf(t, h.Dir)
	plain.Build = "build 2"
	if loan := plain.Take(someMachine("a")); loan != nil {
		t.Error("another build's machine was taken")
	}
	if s, err := plain.Status(); err != nil || s.Build != someBuild {
		t.Errorf("status %+v, error %v: the server should run on", s, err)
	}
	begun := 0
	c := clientOf(t, h.Dir)
	c.Build = "build 2"
	c.Begin = func(*os.File, Wanted) error { begun++; return nil }
	c.Take(someMachine("a"))
	<-h.ended
	c.Take(someMachine("a"))
	if begun == 0 {
		t.Error("no server was begun in place of another build's")
	}
}

func TestSocketOfADeadServer(t *testing.T) {
	dir := newDir(t)
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	listen, err := net.ListenUnix("unixpacket", &net.UnixAddr{Name: filepath.Join(dir, "socket"), Net: "unixpacket"})
	if err != nil {
		t.Fatal(err)
	}
	listen.SetUnlinkOnClose(false)
	listen.Close()
	c := clientOf(t, dir)
	begun := 0
	c.Begin = func(*os.File, Wanted) error { begun++; return nil }
	if loan := c.Take(someMachine("a")); loan != nil || begun != 1 {
		t.Errorf("loan %v, %d servers begun", loan, begun)
	}
	if _, err := c.Status(); !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want %v", err, ErrNone)
	}
	serve(t, dir, nil)
	if _, err := c.Status(); err != nil {
		t.Errorf("a new server is not found: %v", err)
	}
}

func TestNoServer(t *testing.T) {
	c := clientOf(t, newDir(t))
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Error("a machine without a server")
	}
	if err := c.Stop(); !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want %v", err, ErrNone)
	}
	if _, err := os.Stat(c.Dir); err == nil {
		t.Error("a client that begins no server has made the directory")
	}
}

func TestHundredClients(t *testing.T) {
	h, c := prepared(t, "a", "b", "c")
	var all sync.WaitGroup
	loans := make(chan *Loan, 100)
	for i := range 100 {
		all.Go(func() {
			c := &Client{Dir: h.Dir, Build: someBuild, Patience: time.Minute}
			if loan := c.Take(someMachine(string(rune('a' + i%3)))); loan != nil {
				loans <- loan
			}
			c.leave()
		})
	}
	all.Wait()
	close(loans)
	n := 0
	for loan := range loans {
		n++
		closeAll(loan.Files)
		loan.Return()
	}
	if n < 1 {
		t.Errorf("%d clients got a machine", n)
	}
	ready(t, c, "a", "b", "c")
}

func TestStoppedServerWaitsForWhatItHasLent(t *testing.T) {
	h, c := prepared(t, "a", "b")
	loan := c.Take(someMachine("a"))
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the socket is gone", func() bool { _, err := c.Status(); return errors.Is(err, ErrNone) })
	select {
	case <-h.ended:
		t.Error("the server has ended before its machine was returned")
	default:
	}
	closeAll(loan.Files)
	loan.Return()
	<-h.ended
}

// A new server takes the place of one that runs.
func TestNewServerEndsTheOldOne(t *testing.T) {
	h, c := prepared(t, "a")
	serve(t, h.Dir, func(o *Options) { o.Build = "build 2" })
	<-h.ended
	if s, err := c.Status(); err != nil || s.Build != "build 2" {
		t.Errorf("status %+v, error %v", s, err)
	}
}
