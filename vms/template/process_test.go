//go:build linux

package template

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// childDir makes a test binary a process that holds the lock of someKey in this
// directory, and saves a template there without ever coming to an end.
const childDir = "BPFLAB_TEMPLATE_CHILD"

func TestMain(m *testing.M) {
	if dir := os.Getenv(childDir); dir != "" {
		child(dir)
	}
	os.Exit(m.Run())
}

func child(dir string) {
	s := New(dir, unlimited)
	_, err := s.Lock(context.Background(), someKey)
	if err == nil {
		err = s.Save(stuck{context.Background()}, someKey, someAbout, os.NewFile(3, "memory"), os.NewFile(4, "state"))
	}
	fmt.Println(err)
	os.Exit(1)
}

// stuck is a context that nobody who asks comes back from.
type stuck struct{ context.Context }

const writing = "writing"

func (stuck) Err() error {
	fmt.Println(writing)
	for {
		time.Sleep(time.Hour) // a select would be a deadlock, which ends the process
	}
}

// startChild starts such a process and waits until it writes.
func startChild(t *testing.T, dir string) *exec.Cmd {
	t.Helper()
	memory, state := sources(t)
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), childDir+"="+dir)
	cmd.ExtraFiles = []*os.File{memory, state}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	lines.Scan()
	if lines.Text() != writing {
		t.Fatalf("the other process says %q", lines.Text())
	}
	return cmd
}

func kill(cmd *exec.Cmd) {
	cmd.Process.Kill()
	cmd.Wait() // its error is that it was killed
}

// unfinished returns the directories that are being written.
func unfinished(t *testing.T, dir string) []string {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(dir, tempPrefix+"*"))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestWriterThatWasKilled(t *testing.T) {
	dir := t.TempDir()
	s := New(dir, unlimited)
	writer := startChild(t, dir)

	why := errors.New("enough")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 60*time.Millisecond, why)
	defer cancel()
	if _, err := s.Lock(ctx, someKey); err != why {
		t.Errorf("locked by another process: error %v, want the context's cause", err)
	}
	unlock, err := s.Lock(t.Context(), otherKey)
	if err != nil {
		t.Fatal(err)
	}
	unlock()

	save(t, s, otherKey)
	if left := unfinished(t, dir); len(left) != 1 {
		t.Errorf("%d directories are being written, want that of the process that lives", len(left))
	}

	kill(writer)
	unlock, err = s.Lock(t.Context(), someKey)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	if _, err := s.Open(someKey); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a template of a writer that was killed: error %v", err)
	}
	save(t, s, otherKey)
	if left := unfinished(t, dir); len(left) != 0 {
		t.Errorf("left behind: %s", strings.Join(left, ", "))
	}
}

func TestLockIsHeldByOne(t *testing.T) {
	s := New(t.TempDir(), unlimited)
	inside := make(chan bool, 1)
	done := make(chan error)
	for range 8 {
		go func() {
			unlock, err := s.Lock(t.Context(), someKey)
			if err == nil {
				select {
				case inside <- true:
				default:
					err = errors.New("two hold the lock")
				}
				time.Sleep(time.Millisecond)
				<-inside
				unlock()
			}
			done <- err
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}

// BenchmarkSaveAndVerify is a guest of 256 MiB of which 100 are in use.
func BenchmarkSaveAndVerify(b *testing.B) {
	dir := b.TempDir()
	memory, state := create(b, filepath.Join(dir, "memory")), create(b, filepath.Join(dir, "state"))
	about := someAbout
	about.Memory = 256 << 20
	if err := memory.Truncate(about.Memory); err != nil {
		b.Fatal(err)
	}
	part := []byte(strings.Repeat("x", stride))
	for i := range int64(100) {
		writeAt(b, memory, 2*i*stride, part)
	}
	b.Run("save", func(b *testing.B) {
		for b.Loop() {
			if err := New(filepath.Join(dir, "t"), unlimited).Save(b.Context(), someKey, about, memory, state); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("verify", func(b *testing.B) {
		for b.Loop() {
			t := open(b, New(filepath.Join(dir, "t"), unlimited), someKey)
			if err := t.Verify(); err != nil {
				b.Fatal(err)
			}
		}
	})
}
