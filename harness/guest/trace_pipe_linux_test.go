package guest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// fakePipe returns a file that can be locked, as trace_pipe can.
func fakePipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "trace_pipe")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestPipeHasOneReader(t *testing.T) {
	path := fakePipe(t)
	first, err := openPipe(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*askAgain)
	defer cancel()
	_, err = openPipe(ctx, path)
	if !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), path+": another program reads it") {
		t.Errorf("error %v of a second reader", err)
	}
	second := make(chan error)
	go func() {
		fd, err := openPipe(t.Context(), path)
		unix.Close(fd)
		second <- err
	}()
	unix.Close(first)
	if err := <-second; err != nil {
		t.Errorf("error %v of a reader after the first", err)
	}
}

func TestNoPipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trace_pipe")
	if _, err := openPipe(t.Context(), path); !errors.Is(err, unix.ENOENT) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v", err)
	}
}

func TestEmptyTrace(t *testing.T) {
	var pipe [2]int
	if err := unix.Pipe2(pipe[:], unix.O_NONBLOCK|unix.O_CLOEXEC); err != nil {
		t.Fatal(err)
	}
	defer unix.Close(pipe[0])
	defer unix.Close(pipe[1])
	if _, err := unix.Write(pipe[1], []byte(strings.Repeat("an older line\n", 3000))); err != nil {
		t.Fatal(err)
	}
	if err := emptyTrace(pipe[0], filepath.Join(t.TempDir(), "never read")); err != nil {
		t.Fatal(err)
	}
	if n, err := unix.Read(pipe[0], make([]byte, 1)); err != unix.EAGAIN {
		t.Errorf("%d bytes are left: %v", n, err)
	}
}

// A buffer that fills as fast as it is read is truncated.
func TestEmptyTraceWithoutEnd(t *testing.T) {
	endless, err := os.Open("/dev/zero")
	if err != nil {
		t.Fatal(err)
	}
	defer endless.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "trace")
	if err := os.WriteFile(file, []byte("older lines\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := emptyTrace(int(endless.Fd()), dir); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(file); err != nil || info.Size() != 0 {
		t.Errorf("the buffer still holds %d bytes: %v", info.Size(), err)
	}
}
