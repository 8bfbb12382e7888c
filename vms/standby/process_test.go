//go:build linux

package standby

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// The test binary is a server or a client, in a process of its own, where these variables
// say so: what is killed must be a process.
const (
	actAs = "BPFLAB_TEST_STANDBY"
	actIn = "BPFLAB_TEST_STANDBY_DIR"
)

// What a process is.
const (
	asServer     = "server"
	asDying      = "server that is killed while it hands a machine over"
	asBorrower   = "client that keeps a machine"
	asBackground = "server that a client has started"
)

func TestMain(m *testing.M) {
	switch role, dir := os.Getenv(actAs), os.Getenv(actIn); role {
	case "":
		os.Exit(m.Run())
	case asBorrower:
		borrow(dir)
	default:
		actAsServer(role, dir)
	}
}

func actAsServer(role, dir string) {
	o := Options{Dir: dir, Build: someBuild, Memory: 1 << 30, Short: func() bool { return false }}
	o.Make = func(_ context.Context, spec json.RawMessage) (Machine, string, error) {
		m := newFakeMachine(strings.Trim(string(spec), `"`))
		if role == asDying {
			m.lend = func() error { return unix.Kill(os.Getpid(), unix.SIGKILL) }
		}
		return m, m.key, nil
	}
	var lock *os.File
	if role == asBackground {
		o.Idle, lock = time.Hour, os.NewFile(3, "lock")
	}
	s, err := Open(o, lock)
	if err != nil {
		os.Exit(1)
	}
	if role == asBackground {
		in := bufio.NewReader(os.Stdin)
		line, _ := in.ReadBytes('\n')
		var first Wanted
		if json.Unmarshal(line, &first) != nil {
			os.Exit(1)
		}
		s.First(first, in)
	}
	s.Serve(context.Background())
	os.Exit(0)
}

func borrow(dir string) {
	c := &Client{Dir: dir, Build: someBuild, Patience: time.Minute}
	if c.Take(someMachine("a")) == nil {
		os.Exit(1)
	}
	os.Stdout.WriteString("borrowed\n")
	select {}
}

// process starts this test binary in a role, and ends it with the test.
func process(t *testing.T, role, dir string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), actAs+"="+role, actIn+"="+dir)
	t.Cleanup(func() {
		if cmd.Process != nil {
			cmd.Process.Kill()
			cmd.Wait() // its error is that it was killed
		}
	})
	return cmd
}

// serverProcess starts a server in which a machine of "a" waits.
func serverProcess(t *testing.T, role string) (*exec.Cmd, *Client) {
	t.Helper()
	dir := newDir(t)
	cmd := process(t, role, dir)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := clientOf(t, dir)
	eventually(t, "the server answers", func() bool { _, err := c.Status(); return err == nil })
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Fatal("a machine before one was made")
	}
	c.leave()
	ready(t, c, "a")
	return cmd, c
}

func TestServerThatIsStopped(t *testing.T) {
	server, c := serverProcess(t, asServer)
	c.Begin = func(*os.File, Wanted) error { t.Error("another server is begun"); return nil }
	if err := server.Process.Signal(unix.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	eventually(t, "all threads have stopped", func() bool { return isStopped(t, server.Process.Pid) })
	c.Patience = 0
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Error("a stopped server has lent a machine")
	}
	if err := server.Process.Signal(unix.SIGCONT); err != nil {
		t.Fatal(err)
	}
	c.Patience = time.Minute
	eventually(t, "it lends a machine again", func() bool { // what it lends to the client that had gone is replaced
		loan := c.Take(someMachine("a"))
		c.leave()
		if loan != nil {
			closeAll(loan.Files)
			loan.Return()
		}
		return loan != nil
	})
}

// isStopped reports whether a signal has stopped all threads of a process.
func isStopped(t *testing.T, pid int) bool {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/stat", pid))
	if err != nil || len(threads) == 0 {
		t.Fatalf("threads of %d: %v", pid, err)
	}
	for _, name := range threads {
		text, err := os.ReadFile(name)
		if _, state, _ := strings.Cut(string(text), ") "); err != nil || !strings.HasPrefix(state, "T") {
			return false
		}
	}
	return true
}

func TestServerThatIsKilledWhileItHandsOver(t *testing.T) {
	server, c := serverProcess(t, asDying)
	if loan := c.Take(someMachine("a")); loan != nil {
		t.Errorf("a machine of a killed server: %+v", loan)
	}
	server.Wait() // its error is that it was killed
	begun := 0
	c.Begin = func(*os.File, Wanted) error { begun++; return nil }
	if loan := c.Take(someMachine("a")); loan != nil || begun != 1 {
		t.Errorf("loan %v, %d servers begun in place of a killed one, want 1", loan, begun)
	}
	serve(t, c.Dir, nil) // in its place; at the end nothing is left
}

func TestServerThatIsKilledWhileAClientHasAMachine(t *testing.T) {
	server, c := serverProcess(t, asServer)
	loan := c.Take(someMachine("a"))
	if loan == nil {
		t.Fatal("no machine")
	}
	defer closeAll(loan.Files)
	server.Process.Kill()
	if words, err := loan.Words(); err == nil {
		t.Errorf("a killed server says %s", words)
	}
	if n, err := loan.Files[0].Read(make([]byte, 1)); n > 0 || err != io.EOF {
		t.Errorf("its machine lives: %d bytes, error %v", n, err)
	}
}

func TestClientThatIsKilledWhileItHasAMachine(t *testing.T) {
	h, c := prepared(t, "a")
	client := process(t, asBorrower, h.Dir)
	out, err := client.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "borrowed\n" {
		t.Fatalf("the client says %q, error %v", line, err)
	}
	if isGone(h.all()[0]) {
		t.Error("the machine has ended before its borrower")
	}
	client.Process.Kill()
	<-h.all()[0].Done()
	ready(t, c, "a")
}

// A verb starts a server and ends; others may do so at the same moment.
func TestServerThatClientsBegin(t *testing.T) {
	dir := newDir(t)
	var begun []*exec.Cmd
	var held []*os.File
	begin := func(lock *os.File, first Wanted) error {
		text, err := json.Marshal(first)
		if err != nil {
			return err
		}
		cmd := process(t, asBackground, dir)
		in, verb, err := os.Pipe()
		if err != nil {
			return err
		}
		defer in.Close()
		cmd.Stdin, cmd.ExtraFiles = in, []*os.File{lock}
		if _, err := verb.Write(append(text, '\n')); err != nil {
			return err
		}
		begun, held = append(begun, cmd), append(held, verb)
		return cmd.Start()
	}
	for range 3 {
		c := clientOf(t, dir)
		c.Begin = begin
		if loan := c.Take(someMachine("a")); loan != nil {
			t.Error("a machine before there was a server")
		}
	}
	if len(begun) != 1 {
		t.Fatalf("%d servers were begun, want 1", len(begun))
	}
	c := clientOf(t, dir)
	eventually(t, "the server answers", func() bool { _, err := c.Status(); return err == nil })
	held[0].Close() // the verb ends
	ready(t, c, "a")
	loan := c.Take(someMachine("a"))
	if loan == nil {
		t.Fatal("no machine of the kind that the verb was about to start")
	}
	closeAll(loan.Files)
	loan.Return()
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	if err := begun[0].Wait(); err != nil {
		t.Errorf("the server ended with %v", err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("%v is left, error %v", left, err)
	}
}
