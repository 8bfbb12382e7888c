package store

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/download"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/lease"
)

var content = bytes.Repeat([]byte("package "), 30_000)

func fileOf(body []byte) kernel.File {
	return kernel.File{Package: "p", Path: "pool/p.deb", Size: int64(len(body)), SHA256: fmt.Sprintf("%x", sha256.Sum256(body))}
}

func exists(name string) bool {
	_, err := os.Lstat(name)
	return err == nil
}

func open(t *testing.T, root string) *Store {
	t.Helper()
	s, err := Open(Options{Root: root, Client: download.Client{Pause: time.Millisecond, Tries: 2}})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// serve returns a mirror with the content at /p.
func serve(t *testing.T) (*kerneltest.Repository, string) {
	t.Helper()
	mirror := kerneltest.NewRepository()
	mirror.Put("p", content)
	server := httptest.NewServer(mirror)
	t.Cleanup(server.Close)
	return mirror, server.URL + "/p"
}

// leftovers returns the files of a store outside of locks and except the named.
func leftovers(t *testing.T, s *Store, except ...string) []string {
	t.Helper()
	var found []string
	err := filepath.WalkDir(s.Root(), func(name string, e fs.DirEntry, err error) error {
		relative, _ := filepath.Rel(s.Root(), name)
		if err == nil && !e.IsDir() && !strings.HasPrefix(relative, "locks/") {
			found = append(found, relative)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	kept := found[:0]
	for _, f := range found {
		if !strings.Contains(strings.Join(except, " "), f) {
			kept = append(kept, f)
		}
	}
	return kept
}

func TestBlobIsFetchedOnce(t *testing.T) {
	mirror, url := serve(t)
	s := open(t, t.TempDir())
	for range 2 {
		name, err := s.Blob(t.Context(), fileOf(content), url)
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := os.ReadFile(name); !bytes.Equal(got, content) {
			t.Errorf("%s has %d bytes", name, len(got))
		}
	}
	if n := len(mirror.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
	if left := leftovers(t, s, "blobs/"+fileOf(content).SHA256); len(left) > 0 {
		t.Errorf("left behind: %q", left)
	}
}

func TestManyFetchOneBlob(t *testing.T) {
	mirror, url := serve(t)
	root := t.TempDir()
	var group sync.WaitGroup
	for range 8 {
		s := open(t, root) // a store of its own each, as processes have
		group.Go(func() {
			if _, err := s.Blob(t.Context(), fileOf(content), url); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if n := len(mirror.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

// TestMain is another process for TestTwoProcesses when it is asked to be.
func TestMain(m *testing.M) {
	if url := os.Getenv("STORE_TEST_URL"); url != "" {
		s, err := Open(Options{})
		if err == nil {
			_, err = s.Blob(context.Background(), fileOf(content), url)
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func TestTwoProcesses(t *testing.T) {
	mirror, url := serve(t)
	root := t.TempDir()
	var group sync.WaitGroup
	for range 2 {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), "STORE_TEST_URL="+url, "BPFLAB_CACHE="+root)
		group.Go(func() {
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	group.Wait()
	if n := len(mirror.Requests()); n != 1 {
		t.Errorf("%d requests", n)
	}
}

func TestBadBlobsLeaveNothing(t *testing.T) {
	changed := bytes.Clone(content)
	changed[100]++
	tests := []struct {
		name string
		body []byte
		want error
	}{
		{"changed", changed, ErrDigest},
		{"truncated", content[:1000], download.ErrLength},
		{"too long", append(bytes.Clone(content), 'x'), download.ErrLength},
		{"empty", []byte{}, download.ErrLength},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mirror, url := serve(t)
			mirror.Put("p", tt.body)
			s := open(t, t.TempDir())
			if _, err := s.Blob(t.Context(), fileOf(content), url); !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if left := leftovers(t, s); len(left) > 0 {
				t.Errorf("left behind: %q", left)
			}
		})
	}
}

func TestGoneBlob(t *testing.T) {
	mirror, url := serve(t)
	mirror.Remove("p")
	s := open(t, t.TempDir())
	if _, err := s.Blob(t.Context(), fileOf(content), url); !errors.Is(err, kernel.ErrGone) {
		t.Errorf("got %v", err)
	}
}

func TestBlobCutOffMidway(t *testing.T) {
	mirror, url := serve(t)
	first := true
	mirror.Serve = func(w http.ResponseWriter, r *http.Request, body []byte) {
		if !first {
			http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
			return
		}
		first = false
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:len(body)/2])
	}
	s := open(t, t.TempDir())
	if _, err := s.Blob(t.Context(), fileOf(content), url); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(mirror.Requests()); got != "[p p?range]" {
		t.Errorf("asked for %s", got)
	}
}

// What a killed process left is continued if it is right and thrown away if
// it is not.
func TestPartialOfDeadProcess(t *testing.T) {
	tests := []struct {
		name    string
		partial []byte
		asked   string
	}{
		{"right", content[:1234], "[p?range]"},
		{"wrong", []byte("something else"), "[p?range p]"},
		{"too long", append(bytes.Clone(content), 'x'), "[p]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			mirror, url := serve(t)
			s := open(t, t.TempDir())
			name, err := s.path("partial", fileOf(content).SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(name, tt.partial, 0o644); err != nil {
				t.Fatal(err)
			}
			if _, err := s.Blob(t.Context(), fileOf(content), url); err != nil {
				t.Fatal(err)
			}
			if got := fmt.Sprint(mirror.Requests()); got != tt.asked {
				t.Errorf("asked for %s, want %s", got, tt.asked)
			}
		})
	}
}

// A mirror that stops sending is given up; what it has sent is not fetched again from the
// next.
func TestPartialOfMirrorThatFailed(t *testing.T) {
	slow, slowURL := serve(t)
	slow.Serve = func(w http.ResponseWriter, r *http.Request, body []byte) {
		w.Header().Set("Content-Length", fmt.Sprint(len(body)))
		_, _ = w.Write(body[:1000])
		w.(http.Flusher).Flush()
		<-r.Context().Done()
	}
	s, err := Open(Options{Root: t.TempDir(), Client: download.Client{Pause: time.Millisecond, Tries: 1, Window: 20 * time.Millisecond}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Blob(t.Context(), fileOf(content), slowURL); !errors.Is(err, download.ErrStalled) && !errors.Is(err, download.ErrSlow) {
		t.Errorf("got %v", err)
	}
	other, otherURL := serve(t)
	name, err := open(t, s.Root()).Blob(t.Context(), fileOf(content), otherURL)
	if err != nil {
		t.Fatal(err)
	}
	if got, _ := os.ReadFile(name); !bytes.Equal(got, content) {
		t.Errorf("%d bytes", len(got))
	}
	if got := fmt.Sprint(other.Requests()); got != "[p?range]" {
		t.Errorf("asked the next mirror for %s", got)
	}
}

func TestBlobWithoutProperDigest(t *testing.T) {
	s := open(t, t.TempDir())
	_, err := s.Blob(t.Context(), kernel.File{Path: "p", Size: 1, SHA256: "../../etc/passwd"}, "http://127.0.0.1:1/")
	if err == nil || !strings.Contains(err.Error(), "64 hex digits") {
		t.Errorf("got %v", err)
	}
}

func TestSweepLeavesLiveWorkAlone(t *testing.T) {
	s := open(t, t.TempDir())
	live, discardLive, err := s.temp()
	if err != nil {
		t.Fatal(err)
	}
	defer discardLive()
	owner := lease.Self()
	owner.Boot += "1" // before the host's last boot
	dead := filepath.Join(s.Root(), "tmp", "work-1."+owner.String())
	if err := os.MkdirAll(filepath.Join(dead, "image"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, discard, err := s.temp()
	if err != nil {
		t.Fatal(err)
	}
	discard()
	if exists(dead) {
		t.Error("a dead process's work is still there")
	}
	if !exists(live) {
		t.Error("a live one's work is gone")
	}
}

func TestState(t *testing.T) {
	s := open(t, t.TempDir())
	if got, err := s.ReadState("x"); got != nil || err != nil {
		t.Errorf("got %q, %v", got, err)
	}
	for _, want := range []string{"one", "two"} {
		if err := s.WriteState(t.Context(), "x", []byte(want)); err != nil {
			t.Fatal(err)
		}
		if got, err := s.ReadState("x"); string(got) != want || err != nil {
			t.Errorf("got %q, %v", got, err)
		}
	}
	if err := s.WriteState(t.Context(), "../x", nil); err == nil {
		t.Error("a name outside was accepted")
	}
}
