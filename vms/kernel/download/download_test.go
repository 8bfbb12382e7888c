package download

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
)

var content = bytes.Repeat([]byte("kernel "), 40_000)

// fakeMirror answers each request with the next of its handlers, the last one
// for ever, and notes the ranges asked for.
type fakeMirror struct {
	handlers []http.HandlerFunc
	ranges   []string
}

func (m *fakeMirror) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.ranges = append(m.ranges, r.Header.Get("Range"))
	h := m.handlers[min(len(m.ranges), len(m.handlers))-1]
	h(w, r)
}

func whole(w http.ResponseWriter, r *http.Request) {
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(content))
}

func ignoringRange(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(content) }

// cutAfter sends n of the bytes it promised.
func cutAfter(n int) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Range") != "" {
			whole(w, r)
			return
		}
		w.Header().Set("Content-Length", strconv.Itoa(len(content)))
		_, _ = w.Write(content[:n])
	}
}

func status(code int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
}

// chunked sends b without saying how long it is.
func chunked(b []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.(http.Flusher).Flush()
		_, _ = w.Write(b)
	}
}

// silent sends some bytes and then nothing until the client goes.
func silent(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Length", strconv.Itoa(len(content)))
	_, _ = w.Write(content[:1000])
	w.(http.Flusher).Flush()
	<-r.Context().Done()
}

func fetch(t *testing.T, m *fakeMirror, c Client, have []byte) ([]byte, error) {
	t.Helper()
	server := httptest.NewServer(m)
	t.Cleanup(server.Close)
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.Write(have); err != nil {
		t.Fatal(err)
	}
	c.Pause = time.Millisecond
	err = c.File(t.Context(), server.URL+"/file", f, int64(len(content)), nil)
	got, readErr := os.ReadFile(f.Name())
	if readErr != nil {
		t.Fatal(readErr)
	}
	return got, err
}

func TestFileArrives(t *testing.T) {
	from := func(n int) string { return "bytes=" + strconv.Itoa(n) + "-" }
	tests := []struct {
		name     string
		handlers []http.HandlerFunc
		have     []byte
		ranges   []string
	}{
		{"at once", []http.HandlerFunc{whole}, nil, []string{""}},
		{"cut off, then resumed", []http.HandlerFunc{cutAfter(70_000), whole}, nil, []string{"", from(70_000)}},
		{"resumed from what is there", []http.HandlerFunc{whole}, content[:5000], []string{from(5000)}},
		{"mirror cannot resume", []http.HandlerFunc{ignoringRange}, content[:5000], []string{from(5000)}},
		{"wrong bytes are replaced where it cannot", []http.HandlerFunc{ignoringRange}, []byte("junk"), []string{from(4)}},
		{"busy twice", []http.HandlerFunc{status(503), status(429), whole}, nil, []string{"", "", ""}},
		{"all there already", []http.HandlerFunc{status(500)}, content, nil},
		{"no length given", []http.HandlerFunc{chunked(content)}, nil, []string{""}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &fakeMirror{handlers: tt.handlers}
			got, err := fetch(t, m, Client{}, tt.have)
			if err != nil || !bytes.Equal(got, content) {
				t.Errorf("got %d bytes, %v", len(got), err)
			}
			if !slices.Equal(m.ranges, tt.ranges) {
				t.Errorf("asked for %q, want %q", m.ranges, tt.ranges)
			}
		})
	}
}

func TestFileFails(t *testing.T) {
	tests := []struct {
		name    string
		handler http.HandlerFunc
		want    error
		tries   int
	}{
		{"not there", status(404), kernel.ErrGone, 1},
		{"removed", status(410), kernel.ErrGone, 1},
		{"always cut off at once", cutAfter(0), io.ErrUnexpectedEOF, 3},
		{"too short", chunked(nil), io.ErrUnexpectedEOF, 3},
		{"too long", chunked(append(slices.Clone(content), 'x')), ErrLength, 1},
		{"promises too much", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(append(slices.Clone(content), 'x')) }, ErrLength, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := &fakeMirror{handlers: []http.HandlerFunc{tt.handler}}
			_, err := fetch(t, m, Client{Tries: 3}, nil)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v, want %v", err, tt.want)
			}
			if len(m.ranges) != tt.tries {
				t.Errorf("%d tries, want %d", len(m.ranges), tt.tries)
			}
		})
	}
}

func TestFileRefusedIsUnavailable(t *testing.T) {
	for _, code := range []int{403, 500} {
		m := &fakeMirror{handlers: []http.HandlerFunc{status(code)}}
		_, err := fetch(t, m, Client{Tries: 2}, nil)
		var unavailable *kernel.UnavailableError
		if !errors.As(err, &unavailable) {
			t.Errorf("%d: got %v", code, err)
		}
	}
}

// fast is a rate at which no mirror of these tests sends.
const fast = 1 << 40

func TestSlowMirrors(t *testing.T) {
	trickling := func(w http.ResponseWriter, r *http.Request) { // a few bytes a millisecond, without end
		if r.Header.Get("Range") != "" {
			w.WriteHeader(http.StatusPartialContent)
		}
		for r.Context().Err() == nil {
			if _, err := w.Write(content[:7]); err != nil {
				return
			}
			w.(http.Flusher).Flush()
			time.Sleep(time.Millisecond)
		}
	}
	for _, tt := range []struct {
		name    string
		handler http.HandlerFunc
		rate    int64
		want    error
	}{
		{"says nothing any more", silent, 1, ErrStalled},
		{"trickles", trickling, fast, ErrSlow},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c := Client{Window: 20 * time.Millisecond, Rate: tt.rate, Tries: 2}
			m := &fakeMirror{handlers: []http.HandlerFunc{tt.handler}}
			got, err := fetch(t, m, c, nil)
			if !errors.Is(err, tt.want) {
				t.Errorf("got %v after %d bytes", err, len(got))
			}
			if len(m.ranges) != 2 && tt.want == ErrSlow {
				t.Errorf("tried %d times, want 2", len(m.ranges))
			}
			server := httptest.NewServer(tt.handler)
			defer server.Close()
			if _, err := c.Document(t.Context(), server.URL, int64(len(content))); !errors.Is(err, tt.want) {
				t.Errorf("a document: got %v", err)
			}
		})
	}
}

// What a slow mirror has sent is not fetched again.
func TestSlowMirrorIsResumed(t *testing.T) {
	m := &fakeMirror{handlers: []http.HandlerFunc{silent, whole}}
	got, err := fetch(t, m, Client{Window: 20 * time.Millisecond, Rate: fast}, nil)
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if want := []string{"", "bytes=1000-"}; !slices.Equal(m.ranges, want) {
		t.Errorf("asked for %q, want %q", m.ranges, want)
	}
}

func TestUnreachableMirrorIsAskedOnce(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close() // nobody listens there now
	_, err := Client{Pause: time.Hour}.Document(t.Context(), server.URL, 10)
	var unavailable *kernel.UnavailableError
	if !errors.As(err, &unavailable) || unavailable.What != server.URL {
		t.Errorf("got %v", err)
	}
}

func TestCancelled(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(silent))
	defer server.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	err = Client{}.File(ctx, server.URL, f, int64(len(content)), func(int64) { cancel(errors.New("interrupted")) })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestDiskFull(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_RDWR, 0)
	if err != nil {
		t.Skip("NO /dev/full: a full disk is not tested here:", err)
	}
	defer full.Close()
	server := httptest.NewServer(http.HandlerFunc(whole))
	defer server.Close()
	err = Client{}.File(t.Context(), server.URL, full, int64(len(content)), nil)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("got %v", err)
	}
}

func TestDocument(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(whole))
	defer server.Close()
	got, err := Client{}.Document(t.Context(), server.URL, int64(len(content)))
	if err != nil || !bytes.Equal(got, content) {
		t.Errorf("got %d bytes, %v", len(got), err)
	}
	if _, err := (Client{}).Document(t.Context(), server.URL, int64(len(content))-1); !errors.Is(err, ErrLength) {
		t.Errorf("one byte too long: got %v", err)
	}
}
