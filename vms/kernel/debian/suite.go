package debian

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/xi2/xz"

	"github.com/bpflab/bpflab/vms/kernel"
)

// indexPath is the index in question, below a suite's directory.
const indexPath = "main/binary-amd64/Packages.xz"

// maxRelease caps an InRelease. The largest of Debian's are some 200 KB.
const maxRelease = 4 << 20

// listSuite returns the suite's kernels. Errors are *kernel.UnavailableError
// with the suite's name.
func (s *Source) listSuite(ctx context.Context, suite suite) ([]kernel.Ref, error) {
	r, err := s.release(ctx, suite)
	if err != nil {
		return nil, unavailable(suite, err)
	}
	entries, err := s.entries(ctx, suite, r)
	if err != nil {
		return nil, unavailable(suite, err)
	}
	return kernels(suite, entries), nil
}

func unavailable(suite suite, err error) error {
	return &kernel.UnavailableError{What: "Debian " + suite.name, Err: err}
}

// release fetches and verifies the suite's InRelease and remembers its date.
func (s *Source) release(ctx context.Context, suite suite) (release, error) {
	url := s.dists(suite) + "/InRelease"
	signed, err := s.blobs.Document(ctx, url, maxRelease)
	if err != nil {
		return release{}, err
	}
	ring, err := s.keys.ring(suite.archived())
	if err != nil {
		return release{}, err
	}
	r, err := openRelease(signed, suite, ring, s.now())
	if err == nil {
		err = s.checkReplay(ctx, suite, r)
	}
	if err != nil {
		return release{}, fmt.Errorf("%s: %w", url, err)
	}
	return r, nil
}

// checkReplay refuses a Release older than the newest one seen, and remembers
// the newer.
func (s *Source) checkReplay(ctx context.Context, suite suite, r release) error {
	name := "debian-" + suite.name + ".date"
	text, err := s.states.ReadState(name)
	if err != nil {
		return err
	}
	seen, _ := time.Parse(time.RFC3339, string(text)) // what is unreadable was never seen
	switch c := r.date.Compare(seen); {
	case c < 0:
		return fmt.Errorf("%w: it is from %s, one from %s was seen; use another mirror (--mirror)", ErrReplayed, r.date.Format(time.DateTime), seen.Format(time.DateTime))
	case c == 0:
		return nil
	}
	return s.states.WriteState(ctx, name, []byte(r.date.Format(time.RFC3339)))
}

// savedIndex is what stays of an index: its digest and the kernel packages.
type savedIndex struct {
	SHA256  string  `json:"sha256"`
	Entries []entry `json:"entries"`
}

// entries returns the kernel packages of the index that r names, from an
// earlier run if it had the same index.
func (s *Source) entries(ctx context.Context, suite suite, r release) ([]entry, error) {
	file, ok := r.files[indexPath]
	if !ok {
		return nil, fmt.Errorf("its Release names no %s", indexPath)
	}
	name := "debian-" + suite.name + ".index"
	saved, err := s.states.ReadState(name)
	if err != nil {
		return nil, err
	}
	var index savedIndex
	if json.Unmarshal(saved, &index) == nil && index.SHA256 == file.SHA256 {
		return index.Entries, nil
	}
	index = savedIndex{SHA256: file.SHA256}
	if index.Entries, err = s.fetchIndex(ctx, suite, file, prefixes...); err != nil {
		return nil, err
	}
	text, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	return index.Entries, s.states.WriteState(ctx, name, text)
}

// fetchIndex asks for the index by its digest first: the name may already
// mean the next one.
func (s *Source) fetchIndex(ctx context.Context, suite suite, file kernel.File, prefixes ...string) ([]entry, error) {
	byHash := path.Join(path.Dir(file.Path), "by-hash/SHA256", file.SHA256)
	file.Path = suite.name + "/" + path.Base(file.Path) // its name in messages
	name, err := s.blobs.Blob(ctx, file, s.dists(suite)+"/"+byHash)
	if errors.Is(err, kernel.ErrGone) {
		name, err = s.blobs.Blob(ctx, file, s.dists(suite)+"/"+indexPath)
	}
	if err != nil {
		return nil, err
	}
	entries, err := readIndex(name, prefixes...)
	return entries, errors.Join(err, s.blobs.Drop(file))
}

func readIndex(name string, prefixes ...string) ([]entry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := xz.NewReader(bufio.NewReaderSize(f, 1<<18), 0)
	if err != nil {
		return nil, fmt.Errorf("package index: %w", err)
	}
	return parseIndex(text, prefixes...)
}

func (s *Source) dists(suite suite) string { return s.mirrors.base(suite) + "/dists/" + suite.path }
