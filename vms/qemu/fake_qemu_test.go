//go:build linux

package qemu

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/wire"
)

// A fake QEMU is this test binary, run with fakeManner set. It has the control
// connection and the guest's agent up to its snapshot, and no guest. To the file named by
// fakeLog it adds a line for each of its processes: boot, template or fork.
const (
	fakeManner  = "BPFLAB_TEST_QEMU"
	fakeLog     = "BPFLAB_TEST_QEMU_LOG"
	fakeVersion = "BPFLAB_TEST_QEMU_VERSION"
	fakeSelf    = "BPFLAB_TEST_QEMU_SELF" // the script that has started the fake, where there is one
)

// Manners of the fake.
const (
	works        = "works"
	refusesFiles = "refuses to save" // as QEMU 11 refuses a file behind fd:
	warns        = "refuses to save, and warns of an argument"
	failsToSave  = "fails to save"
	refusesOwn   = "does not take its own state"
	refusesTake  = "refuses to take a state"
	replaced     = "is replaced while its first machine boots"
)

const refusal = "fd: migration to a file is not supported. Use file: instead."

// fakeState is the state of the fake's machines: more than a pipe holds.
var fakeState = strings.Repeat("state of a fake machine ", 20000)

func actAsQEMU(how string, args []string) {
	switch {
	case args[0] == "--version":
		fmt.Printf("QEMU emulator version %s (Fake)\n", os.Getenv(fakeVersion))
		os.Exit(0)
	case slices.Contains(args, "-bios"):
		os.Exit(exitStatus)
	}
	kind := "boot"
	switch {
	case slices.Contains(args, "-incoming"):
		kind = "fork"
	case slices.Contains(args, "memory-backend=memory"):
		kind = "template"
	}
	logLine(kind)
	if how == warns {
		fmt.Fprintln(os.Stderr, "fake-qemu: warning: '-mon' is deprecated")
	}
	if how == replaced && kind == "template" && os.Getenv(fakeVersion) == "9.8.7" {
		must(writeScript(os.Getenv(fakeSelf), "9.9.9"))
	}
	if kind != "fork" {
		go func() {
			stream := os.NewFile(fdStream, "stream")
			must(wire.Hello(stream))
			wire.AwaitResume(stream, nil)
		}()
	} else {
		go actAsAgent(os.NewFile(fdStream, "stream"))
	}
	(&fake{how: how}).control()
	select {} // QEMU goes on when its control connection ends
}

// fakeOp is the only operation of the fake's agent, which returns who the machine is.
const fakeOp = "who"

// actAsAgent is the agent of a fork: it can be resumed and parked again and again.
func actAsAgent(stream *os.File) {
	for {
		f, err := wire.ReadFrame(stream)
		if err != nil {
			return // the machine is closed
		}
		handlers := map[string]wire.Handler{fakeOp: func(context.Context, *wire.Request) (any, error) { return f.Payload, nil }}
		server := wire.NewServer(stream, handlers)
		payload, err := wire.EncodeReady(wire.Ready{Release: "6.1-fake"})
		must(err)
		must(server.Ready(payload, strings.Repeat("0", 36), 1))
		if server.Serve(context.Background(), time.Hour) != wire.ErrParked {
			return
		}
		must(wire.WriteFrame(stream, wire.Frame{Kind: wire.KindSnapshotReady, Payload: []byte("{}")}))
	}
}

func logLine(line string) {
	f, err := os.OpenFile(os.Getenv(fakeLog), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	must(err)
	fmt.Fprintln(f, line)
	must(f.Close())
}

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "fake-qemu:", err)
		os.Exit(1)
	}
}

// fake is the control connection of a fake.
type fake struct {
	how   string
	conn  *net.UnixConn
	given *os.File // by getfd
}

func (f *fake) control() {
	conn, err := net.FileConn(os.NewFile(fdControl, "control"))
	must(err)
	f.conn = conn.(*net.UnixConn)
	fmt.Fprint(f.conn, greetingLine)
	lines := bufio.NewScanner(readerOf(f))
	for lines.Scan() {
		var c command
		must(json.Unmarshal(lines.Bytes(), &c))
		f.answer(c)
	}
}

// readerOf reads commands, and keeps the file that comes with one.
func readerOf(f *fake) io.Reader {
	return readFunc(func(p []byte) (int, error) {
		oob := make([]byte, 64)
		n, oobn, _, _, err := f.conn.ReadMsgUnix(p, oob)
		messages, _ := unix.ParseSocketControlMessage(oob[:oobn])
		for _, m := range messages {
			fds, err := unix.ParseUnixRights(&m)
			must(err)
			f.given = os.NewFile(uintptr(fds[0]), "given")
		}
		return n, err
	})
}

type readFunc func([]byte) (int, error)

func (f readFunc) Read(p []byte) (int, error) { return f(p) }

func (f *fake) answer(c command) {
	switch {
	case c.Execute == "migrate" && (f.how == refusesFiles || f.how == warns), c.Execute == "migrate-incoming" && f.how == refusesTake:
		f.refuse(c.ID)
	case c.Execute == "migrate":
		f.accept(c.ID, "{}")
		f.save()
	case c.Execute == "migrate-incoming":
		f.accept(c.ID, "{}")
		f.load()
	case c.Execute == "query-migrate":
		f.accept(c.ID, `{"status": "failed", "error-desc": "a device cannot be saved"}`)
	default:
		f.accept(c.ID, "{}")
	}
}

func (f *fake) accept(id int, result string) {
	fmt.Fprintf(f.conn, `{"return": %s, "id": %d}`+"\n", result, id)
}

func (f *fake) refuse(id int) {
	fmt.Fprintf(f.conn, `{"error": {"class": "GenericError", "desc": %q}, "id": %d}`+"\n", refusal, id)
}

func (f *fake) save() {
	status := "completed"
	if f.how == failsToSave {
		status = "failed"
	} else {
		_, err := f.given.WriteString(fakeState)
		must(err)
	}
	f.given.Close()
	fmt.Fprintf(f.conn, `{"event": "MIGRATION", "data": {"status": %q}}`+"\n", status)
}

func (f *fake) load() {
	state, err := io.ReadAll(os.NewFile(fdState, "state"))
	must(err)
	if string(state) != fakeState || f.how == refusesOwn {
		must(fmt.Errorf("load of migration failed"))
	}
	fmt.Fprintln(f.conn, `{"event": "RESUME"}`)
}

// fakeProcess has providers of this test start the fake. log returns what processes of it
// there have been since it was called last.
func fakeProcess(t *testing.T, how string) (log func() string) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "log")
	t.Setenv(fakeManner, how)
	t.Setenv(fakeLog, name)
	t.Setenv(fakeVersion, "9.8.7")
	return func() string {
		text, err := os.ReadFile(name)
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
		os.Remove(name)
		return strings.Join(strings.Fields(string(text)), " ")
	}
}

// writeScript puts a script that is a fake of a version into a file's place.
func writeScript(file, version string) error {
	text := fmt.Sprintf("#!/bin/sh\n%s=%s %s='%s' exec '%s' \"$@\"\n", fakeVersion, version, fakeSelf, file, os.Args[0])
	if err := os.WriteFile(file+".new", []byte(text), 0o755); err != nil {
		return err
	}
	return os.Rename(file+".new", file)
}

// forkSpec is fakeSpec of a machine that can be forked.
func forkSpec(t *testing.T) vms.Spec {
	t.Helper()
	s := fakeSpec(t)
	s.Kernel.SHA256, s.Kernel.Release = "00", "6.1-fake"
	return s
}

// startFake starts a machine of the fake with a new provider and closes it.
func startFake(t *testing.T, p *Provider) vms.Info {
	t.Helper()
	m, err := p.Start(t.Context(), forkSpec(t))
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	return m.Info()
}
