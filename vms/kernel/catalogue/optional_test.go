package catalogue

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// archivedSource is a fakeSource with an archive.
type archivedSource struct {
	*fakeSource
	url string
}

func (s *archivedSource) Archive() string { return s.url }

// noted is a kernel.Progress that keeps notes.
type noted []string

func (*noted) Bytes(string, int64, int64) {}
func (n *noted) Note(line string)         { *n = append(*n, line) }

// archiveWorld is a catalogue whose lock file has all default kernels, and whose source has
// 4.19 as well.
type archiveWorld struct {
	source *archivedSource
	old    kernel.Ref
	asked  atomic.Int32 // requests to the archive
	cache  string
	lock   kernel.Lock
	notes  noted
}

func newArchiveWorld(t *testing.T) *archiveWorld {
	t.Helper()
	w := &archiveWorld{source: &archivedSource{fakeSource: newSource(t)}, cache: t.TempDir()}
	for _, k := range [][2]string{
		{"5.10.0-46-cloud-amd64", "5.10.260-1"}, {"6.1.0-56-cloud-amd64", "6.1.192-2"}, {"6.12.117+deb13-cloud-amd64", "6.12.117-1"}, {"7.3.4-cloud-amd64", "7.3.4-1"},
	} {
		w.lock = w.lock.With(w.source.add(t, k[0], k[1]))
	}
	w.old = w.source.add(t, "4.19.0-27-cloud-amd64", "4.19.316-1")
	archive := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { w.asked.Add(1) }))
	t.Cleanup(archive.Close)
	w.source.url = archive.URL
	return w
}

// resolve opens the catalogue as another process would, and returns what "default" is.
func (w *archiveWorld) resolve(t *testing.T, selector string, locked bool) (*Catalogue, []kernel.Ref) {
	t.Helper()
	text, err := w.lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	w.notes = nil
	c, err := Open(Options{Cache: w.cache, Lock: text, Locked: locked, Progress: &w.notes, Sources: []kernel.Source{w.source}})
	if err != nil {
		t.Fatal(err)
	}
	refs, err := c.Resolve(t.Context(), []string{selector})
	if err != nil {
		t.Fatal(err)
	}
	return c, refs
}

// want checks the labels of kernels, and the notes; "" stands for no note.
func (w *archiveWorld) want(t *testing.T, refs []kernel.Ref, labels, note string) {
	t.Helper()
	if got := strings.Join(kernel.Labels(refs), " "); got != labels {
		t.Errorf("got %s, want %s", got, labels)
	}
	if said := strings.Join(w.notes, "\n"); (said == "") != (note == "") || !strings.Contains(said, note) || len(w.notes) > 1 {
		t.Errorf("said %q, want one line with %q", said, note)
	}
}

const (
	defaultFour = "5.10 6.1 6.12 7.3"
	defaultFive = "4.19 " + defaultFour
)

func TestDefaultWithAnArchiveThatAnswers(t *testing.T) {
	w := newArchiveWorld(t)
	c, refs := w.resolve(t, "default", false)
	w.want(t, refs, defaultFive, "")
	if refs[0].ID() != w.old.ID() || refs[0].Selector != "4.19" || w.asked.Load() != 1 {
		t.Errorf("got %+v; the archive was asked %d times", refs[0], w.asked.Load())
	}
	if _, err := c.Image(t.Context(), refs[0]); err != nil {
		t.Fatal(err)
	}
	listed := len(w.source.listed)
	w.source.url = "http://127.0.0.1:9"
	_, refs = w.resolve(t, "default+jit=off", false)
	w.want(t, refs, "4.19+jit=off 5.10+jit=off 6.1+jit=off 6.12+jit=off 7.3+jit=off", "")
	if len(w.source.listed) != listed || w.asked.Load() != 1 {
		t.Error("somebody was asked for a kernel that is in the cache")
	}
	_, refs = w.resolve(t, "default", true)
	w.want(t, refs, defaultFour, "4.19 is left out: it is not in the lock file")
}

func TestDefaultWithoutAnArchive(t *testing.T) {
	w := newArchiveWorld(t)
	answering := w.source.url
	w.source.url = "http://127.0.0.1:9"
	_, refs := w.resolve(t, "default", false)
	w.want(t, refs, defaultFour, "4.19 is left out: http://127.0.0.1:9 did not answer (BPFLAB_DEBIAN_ARCHIVE")
	if slices.Contains(w.source.listed, "4.19") {
		t.Error("the source was asked all the same")
	}
	_, refs = w.resolve(t, "default", false)
	w.want(t, refs, defaultFour, "did not answer (BPFLAB_DEBIAN_ARCHIVE names another one) at ")
	w.source.url = answering
	_, refs = w.resolve(t, "default", false)
	w.want(t, refs, defaultFive, "")
}

func TestDefaultWithAPinFromTheArchive(t *testing.T) {
	w := newArchiveWorld(t)
	w.lock = w.lock.With(w.old)
	w.source.url = "http://127.0.0.1:9"
	_, refs := w.resolve(t, "default", false)
	w.want(t, refs, defaultFour, "4.19 is left out: http://127.0.0.1:9 did not answer")
	c, refs := w.resolve(t, "default", true)
	w.want(t, refs, defaultFive, "")
	if _, err := c.Image(t.Context(), refs[0]); err != nil {
		t.Fatal(err)
	}
	_, refs = w.resolve(t, "default", false)
	w.want(t, refs, defaultFive, "")
}

// An archive that answers with something else is a reason too, and a series that was named is
// never left out.
func TestDefaultWithAnArchiveThatHasNothing(t *testing.T) {
	w := newArchiveWorld(t)
	w.source.remove(t, w.old)
	c, refs := w.resolve(t, "default", false)
	w.want(t, refs, defaultFour, "4.19 is left out: kernel \"4.19\" matches no kernel")
	if refs, err := c.Resolve(t.Context(), []string{"4.19"}); err == nil {
		t.Errorf("got %v", refs)
	}
}
