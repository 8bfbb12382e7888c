package child

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

func run(t *testing.T, script string) (*Process, string) {
	t.Helper()
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(exec.Command("sh", "-c", script), log)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Stop(0) })
	return p, log.Name()
}

func TestStreamIsItsInputAndOutput(t *testing.T) {
	p, log := run(t, "cat; echo bye >&2")
	if _, err := io.WriteString(p.Stream(), "hello"); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 5)
	if _, err := io.ReadFull(p.Stream(), buf); err != nil || string(buf) != "hello" {
		t.Fatalf("read %q, error %v", buf, err)
	}
	p.Stop(time.Minute)
	if text, err := os.ReadFile(log); err != nil || string(text) != "bye\n" {
		t.Errorf("log %q, error %v", text, err)
	}
	if err := p.Err(); err != nil {
		t.Errorf("error %v of a command that ended with 0", err)
	}
	if _, err := p.Stream().Read(buf); err == nil {
		t.Error("the stream of a command that has ended can be read")
	}
}

func TestStopKillsWhatDoesNotEnd(t *testing.T) {
	p, _ := run(t, "exec sleep 1000")
	p.Stop(10 * time.Millisecond)
	select {
	case <-p.Done():
	default:
		t.Fatal("it runs after Stop")
	}
	if p.Err() == nil {
		t.Error("no error of a command that was killed")
	}
}

func TestErrIsTheExitStatus(t *testing.T) {
	p, _ := run(t, "exit 3")
	<-p.Done()
	if err := p.Err(); err == nil || err.Error() != "exit status 3" {
		t.Errorf("error %v", err)
	}
}

func TestNoSuchCommand(t *testing.T) {
	log, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Start(exec.Command(filepath.Join(t.TempDir(), "none")), log); err == nil {
		t.Error("no error")
	}
}
