package session

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/console"
	"github.com/bpflab/bpflab/vms/wire"
)

const warn = "[ 9.0] ------------[ cut here ]------------\n[ 9.0] WARNING: CPU: 0 PID: 60 at net/core/dev.c:1 f+0x1/0x2\n[ 9.0] ---[ end trace 0000000000000000 ]---\n"

// fakeMachine is a machine that is only a console.
type fakeMachine struct {
	vms.Machine
	console string
}

func (m fakeMachine) Info() vms.Info { return vms.Info{Console: m.console} }

// slowConsole is a console to whose file all comes late, and in order.
type slowConsole struct {
	t     *testing.T
	file  string
	lines chan string
	done  chan struct{}
}

func newSlowConsole(t *testing.T, lag time.Duration) *slowConsole {
	c := &slowConsole{t: t, file: filepath.Join(t.TempDir(), "console"), lines: make(chan string, 100), done: make(chan struct{})}
	go func() {
		defer close(c.done)
		for text := range c.lines {
			time.Sleep(lag)
			f, err := os.OpenFile(c.file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
			if err == nil {
				_, err = f.WriteString(text)
				f.Close()
			}
			if err != nil {
				t.Error(err)
			}
		}
	}()
	return c
}

func (c *slowConsole) close() {
	close(c.lines)
	<-c.done
}

// session returns a session whose agent writes marks to the console, if marks is set, or
// only says so.
func (c *slowConsole) session(marks bool) (s *Session, end func()) {
	return c.answering(func(text string) wire.MarkResult {
		if marks {
			c.lines <- "[ 9.5] bpflab: " + text + "\r\n"
		}
		return wire.MarkResult{Written: true}
	})
}

// answering returns a session whose agent answers so when it is to write a mark.
func (c *slowConsole) answering(answer func(text string) wire.MarkResult) (s *Session, end func()) {
	host, guest := net.Pipe()
	server := wire.NewServer(guest, map[string]wire.Handler{wire.OpMark: func(_ context.Context, req *wire.Request) (any, error) {
		var args wire.Mark
		if err := req.Decode(&args); err != nil {
			return nil, err
		}
		return answer(args.Text), nil
	}})
	served := make(chan struct{})
	go func() {
		defer close(served)
		server.Serve(context.Background(), time.Hour)
	}()
	s = &Session{machine: fakeMachine{console: c.file}, alive: context.Background(), client: wire.NewClient(host)}
	return s, func() {
		host.Close()
		<-s.client.Done()
		<-served
	}
}

func TestSplatsCountFromTheHandOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		console := newSlowConsole(t, 100*time.Millisecond)
		defer console.close()
		s, end := console.session(true)
		defer end()
		console.lines <- warn
		time.Sleep(time.Second)
		s.SkipSplats()
		if got := s.LastSplats(nil); got.Unexpected != "" || got.Allowed != nil {
			t.Errorf("what came before the lab counts: %+v", got)
		}
		console.lines <- warn
		console.lines <- warn
		got := s.LastSplats(nil)
		if !strings.HasPrefix(got.Unexpected, strings.TrimSpace(warn)) || !strings.Contains(got.Unexpected, "[1 more") || !strings.Contains(got.Reason(), "net/core/dev.c:1") {
			t.Errorf("got %q, reason %q", got.Unexpected, got.Reason())
		}
		if again := s.LastSplats(nil); again.Unexpected != "" {
			t.Errorf("it counts twice: %q", again.Unexpected)
		}
		console.lines <- warn
		if got := s.LastSplats(AllowSplats{regexp.MustCompile(`dev\.c:1 `)}); got.Unexpected != "" || len(got.Allowed) != 1 {
			t.Errorf("an expected one: %+v", got)
		}
	})
}

// A kernel that has logged nothing is not waited for; what is on the console counts all the same.
func TestSplatsOfASilentKernel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		console := newSlowConsole(t, time.Hour)
		defer console.close()
		s, end := console.answering(func(string) wire.MarkResult { return wire.MarkResult{Silent: true} })
		defer end()
		began := time.Now()
		if got := s.LastSplats(nil); got.Unexpected != "" || time.Since(began) != 0 {
			t.Errorf("%q after %v", got.Unexpected, time.Since(began))
		}
		if err := os.WriteFile(console.file, []byte(warn), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.LastSplats(nil); !strings.Contains(got.Unexpected, "net/core/dev.c:1") {
			t.Errorf("got %q", got.Unexpected)
		}
	})
}

// What comes after a flood is not seen, and must not look like silence.
func TestSplatsAfterAFlood(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		flooded := newSlowConsole(t, 100*time.Millisecond)
		defer flooded.close()
		s, end := flooded.session(false)
		defer end()
		if err := errors.Join(os.WriteFile(flooded.file, nil, 0o600), os.Truncate(flooded.file, console.KeepLive)); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if got := s.LastSplats(nil); !strings.HasPrefix(got.Reason(), "the console is longer than 64 MiB") {
				t.Errorf("reason %q", got.Reason())
			}
		}
	})
}

// A report that is not at its end when the mark comes is waited for.
func TestSplatsAroundAMark(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		console := newSlowConsole(t, 100*time.Millisecond)
		defer console.close()
		s, end := console.session(true)
		defer end()
		head, tail, _ := strings.Cut(warn, "[ 9.0] ---[")
		console.lines <- head
		go func() {
			time.Sleep(250 * time.Millisecond)
			console.lines <- "[ 9.0] ---[" + tail
		}()
		if got := s.LastSplats(nil); got.Unexpected != strings.TrimSpace(warn) {
			t.Errorf("got %q, want it without the mark", got.Unexpected)
		}
	})
}

// A console that shows no marks is waited for once.
func TestConsoleWithoutMarks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		console := newSlowConsole(t, time.Millisecond)
		defer console.close()
		s, end := console.session(false)
		defer end()
		for range 2 {
			console.lines <- warn
			if got := s.LastSplats(nil); got.Unexpected == "" {
				t.Error("the report is missed")
			}
		}
		if s.marks != 1 {
			t.Errorf("%d marks were written, want one", s.marks)
		}
	})
}

func TestCausedByGuest(t *testing.T) {
	noMemory := fmt.Errorf("%w: %w", vms.ErrAgent, vms.ErrMemory)
	for _, test := range []struct {
		err  error
		ran  bool
		want bool
	}{
		{&vms.Crash{Reason: vms.ErrPanic}, false, true},
		{&vms.Crash{Reason: vms.ErrReset}, false, true},
		{&wire.ProtocolError{Msg: "garbage"}, false, true},
		{&vms.Crash{Reason: vms.ErrGone}, true, false},
		{fmt.Errorf("%w for 15 s", ErrHang), true, false},
		{&vms.Crash{Reason: vms.ErrAgent}, false, false},
		{&vms.Crash{Reason: vms.ErrAgent}, true, true},
		{&vms.Crash{Reason: noMemory}, true, false},
		{errors.New("x"), true, false},
	} {
		if got := CausedByGuest(test.err, test.ran); got != test.want {
			t.Errorf("%v, commands %v: %v, want %v", test.err, test.ran, got, test.want)
		}
	}
}
