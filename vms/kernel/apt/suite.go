package apt

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/xi2/xz"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Suite is one suite of an archive: what its Release must be, and where it is.
type Suite struct {
	Name     string // in Ref.Suite, in messages, and of what is remembered
	Title    string // of the distribution: "Debian"
	Base     string // URL that the paths of packages are relative to
	Path     string // below dists
	Codename string // that its Release must have; "": any
	Suite    string // that its Release must have; "": any
	Ring     openpgp.EntityList
	Arch     kernel.Arch // of the packages; "": AMD64

	// Archived suites get no more signatures: their keys may have expired, and their
	// Release says no Valid-Until that still means anything.
	Archived bool
	// Snapshot is a suite as it once was, which is older than what was seen elsewhere.
	Snapshot bool
}

// Archive reads the suites of a distribution.
type Archive struct {
	Source string // of what is remembered: "debian"
	Now    func() time.Time
	Blobs  kernel.Blobs
	States kernel.States

	// Elsewhere returns the URL of a package that has left its mirror; "" for none. Nobody
	// vouches for that place: the digest of the package counts. Nil: there is no such place.
	Elsewhere func(ctx context.Context, file kernel.File) (string, error)
}

// ErrNoArch is a suite whose Release names no packages of the architecture.
var ErrNoArch = errors.New("has no packages for that architecture")

// indexPath returns the path of the index in question, below the suite's directory.
func (s Suite) indexPath() string {
	return "main/binary-" + string(s.Arch.OrDefault()) + "/Packages.xz"
}

// maxRelease caps an InRelease. The largest of Debian's and Ubuntu's are some 300 KB.
const maxRelease = 4 << 20

// URL returns the address of the suite's directory.
func (s Suite) URL() string { return s.Base + "/dists/" + s.Path }

// unavailable returns an error with the suite's name.
func (s Suite) unavailable(err error) error {
	if err == nil {
		return nil
	}
	return &kernel.UnavailableError{What: s.Title + " " + s.Name, Err: err}
}

// Kernels returns the packages of the suite that keep wants, and what its Release says.
// They are read again only when the index has changed; so keep must be the same each time.
// Errors are *kernel.UnavailableError with the suite's name.
func (a *Archive) Kernels(ctx context.Context, s Suite, keep func(name string) bool) ([]Entry, Release, error) {
	r, err := a.release(ctx, s)
	if err != nil {
		return nil, r, s.unavailable(err)
	}
	entries, err := a.entries(ctx, s, r, keep)
	return entries, r, s.unavailable(err)
}

// Packages returns all packages of the suite. Errors are those of Kernels.
func (a *Archive) Packages(ctx context.Context, s Suite) ([]Entry, error) {
	r, err := a.release(ctx, s)
	if err != nil {
		return nil, s.unavailable(err)
	}
	file, err := r.index(s)
	if err != nil {
		return nil, s.unavailable(err)
	}
	entries, err := a.fetchIndex(ctx, s, file, func(string) bool { return true })
	return entries, s.unavailable(err)
}

// release fetches and verifies the suite's InRelease and remembers its date.
func (a *Archive) release(ctx context.Context, s Suite) (Release, error) {
	url := s.URL() + "/InRelease"
	signed, err := a.Blobs.Document(ctx, url, maxRelease)
	if err != nil {
		return Release{}, err
	}
	r, err := openRelease(signed, s, s.Ring, a.Now())
	if err == nil && !s.Snapshot {
		err = a.checkReplay(ctx, s, r)
	}
	if err != nil {
		return Release{}, fmt.Errorf("%s: %w", url, err)
	}
	return r, nil
}

// checkReplay refuses a Release older than the newest one seen, and remembers
// the newer.
func (a *Archive) checkReplay(ctx context.Context, s Suite, r Release) error {
	name := a.Source + "-" + s.Name + ".date"
	text, err := a.States.ReadState(name)
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
	return a.States.WriteState(ctx, name, []byte(r.date.Format(time.RFC3339)))
}

// indexFormat changes when other packages of the same index are kept.
const indexFormat = 1

// savedIndex is what stays of an index: its digest and the packages that are kept.
type savedIndex struct {
	Format  int     `json:"format,omitempty"`
	SHA256  string  `json:"sha256"`
	Entries []Entry `json:"entries"`
}

func (r Release) index(s Suite) (kernel.File, error) {
	file, ok := r.files[s.indexPath()]
	if !ok {
		return file, fmt.Errorf("%w: its Release names no %s", ErrNoArch, s.indexPath())
	}
	return file, nil
}

// entries returns the packages of the index that r names and keep wants, from an
// earlier run if it had the same index.
func (a *Archive) entries(ctx context.Context, s Suite, r Release, keep func(string) bool) ([]Entry, error) {
	file, err := r.index(s)
	if err != nil {
		return nil, err
	}
	name := a.Source + "-" + s.Name + ".index"
	if arch := s.Arch.OrDefault(); arch != kernel.AMD64 {
		name = a.Source + "-" + s.Name + "-" + string(arch) + ".index"
	}
	saved, err := a.States.ReadState(name)
	if err != nil {
		return nil, err
	}
	var index savedIndex
	if json.Unmarshal(saved, &index) == nil && index.SHA256 == file.SHA256 && index.Format == indexFormat {
		return index.Entries, nil
	}
	index = savedIndex{Format: indexFormat, SHA256: file.SHA256}
	if index.Entries, err = a.fetchIndex(ctx, s, file, keep); err != nil {
		return nil, err
	}
	text, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	return index.Entries, a.States.WriteState(ctx, name, text)
}

// fetchIndex asks for the index by its digest first: the name may already
// mean the next one.
func (a *Archive) fetchIndex(ctx context.Context, s Suite, file kernel.File, keep func(string) bool) ([]Entry, error) {
	byHash := path.Join(path.Dir(file.Path), "by-hash/SHA256", file.SHA256)
	file.Path = s.Name + "/" + path.Base(file.Path) // its name in messages
	name, err := a.Blobs.Blob(ctx, file, s.URL()+"/"+byHash)
	if errors.Is(err, kernel.ErrGone) {
		name, err = a.Blobs.Blob(ctx, file, s.URL()+"/"+s.indexPath())
	}
	if errors.Is(err, kernel.ErrGone) && s.Arch.OrDefault() != kernel.AMD64 {
		err = fmt.Errorf("%w; does the mirror leave out %s?", err, s.Arch)
	}
	if err != nil {
		return nil, err
	}
	entries, err := readIndex(name, keep)
	return entries, errors.Join(err, a.Blobs.Drop(file))
}

func readIndex(name string, keep func(string) bool) ([]Entry, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := xz.NewReader(bufio.NewReaderSize(f, 1<<18), 0)
	if err != nil {
		return nil, fmt.Errorf("package index: %w", err)
	}
	return ParseIndex(text, keep)
}

// Fetch brings packages of a suite into the store and returns their paths, in order. What
// has left its mirror is looked for elsewhere before it is ErrGone.
func (a *Archive) Fetch(ctx context.Context, base string, files []kernel.File) ([]string, error) {
	var paths []string
	for _, file := range files {
		path, err := a.Blobs.Blob(ctx, file, base+"/"+file.Path)
		if errors.Is(err, kernel.ErrGone) && a.Elsewhere != nil {
			path, err = a.fetchElsewhere(ctx, file, err)
		}
		if err != nil {
			return nil, err
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// fetchElsewhere brings a package into the store that has left its mirror.
func (a *Archive) fetchElsewhere(ctx context.Context, file kernel.File, gone error) (string, error) {
	url, err := a.Elsewhere(ctx, file)
	if err == nil && url == "" {
		return "", gone
	}
	var path string
	if err == nil {
		path, err = a.Blobs.Blob(ctx, file, url)
	}
	switch {
	case err == nil || ctx.Err() != nil:
		return path, err
	case errors.Is(err, kernel.ErrGone):
		return "", gone
	}
	return "", fmt.Errorf("%w, and cannot be had elsewhere: %v", gone, err)
}
