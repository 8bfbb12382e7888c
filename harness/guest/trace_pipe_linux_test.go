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
