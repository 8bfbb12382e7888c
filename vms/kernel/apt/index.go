package apt

import (
	"bufio"
	"bytes"
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"pault.ag/go/debian/version"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Entry is one package of an index.
type Entry struct {
	Package  string `json:"package"`
	Version  string `json:"version"`
	Depends  string `json:"depends,omitempty"`
	Filename string `json:"filename"`
	Size     int64  `json:"size"`
	SHA256   string `json:"sha256"`

	// Of a whole release's packages alone.
	PreDepends string `json:"-"`
	Provides   string `json:"-"`
	Essential  bool   `json:"-"`
}

// File returns the package as a file of the mirror.
func (e Entry) File() kernel.File {
	return kernel.File{Package: e.Package, Version: e.Version, Path: e.Filename, Size: e.Size, SHA256: e.SHA256}
}

// CompareVersions orders versions of packages as dpkg does.
func CompareVersions(a, b string) int {
	va, errA := version.Parse(a)
	vb, errB := version.Parse(b)
	if errA != nil || errB != nil {
		return cmp.Compare(a, b)
	}
	return version.Compare(va, vb)
}

// maxLine caps a line of an index. The longest of Debian's are some 30 KB.
const maxLine = 4 << 20

// ParseIndex reads a Packages file and keeps the entries whose name keep
// wants. It holds one line at a time.
func ParseIndex(r io.Reader, keep func(name string) bool) ([]Entry, error) {
	var found []Entry
	var current *Entry // nil while a paragraph is of no interest
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		line := lines.Bytes()
		switch {
		case len(line) == 0:
			found, current = finish(found, current), nil
		case bytes.HasPrefix(line, packageField):
			found, current = finish(found, current), start(line, keep)
		case current != nil:
			if err := current.set(string(line)); err != nil {
				return nil, err
			}
		}
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("package index: %w", err)
	}
	return finish(found, current), nil
}

var packageField = []byte("Package: ")

func start(line []byte, keep func(string) bool) *Entry {
	name := string(bytes.TrimSpace(line[len(packageField):]))
	if !keep(name) {
		return nil
	}
	return &Entry{Package: name}
}

// finish keeps an Entry that can be fetched.
func finish(found []Entry, e *Entry) []Entry {
	if e == nil || e.Version == "" || e.Filename == "" || e.SHA256 == "" {
		return found
	}
	return append(found, *e)
}

func (e *Entry) set(line string) (err error) {
	key, value, _ := strings.Cut(line, ":")
	value = strings.TrimSpace(value)
	switch key {
	case "Version":
		e.Version = value
	case "Depends":
		e.Depends = value
	case "Pre-Depends":
		e.PreDepends = value
	case "Provides":
		e.Provides = value
	case "Essential":
		e.Essential = value == "yes"
	case "Filename":
		e.Filename = value
	case "SHA256":
		e.SHA256 = value
	case "Size":
		if e.Size, err = strconv.ParseInt(value, 10, 64); err != nil {
			err = fmt.Errorf("package index: %s has the size %q", e.Package, value)
		}
	}
	return err
}
