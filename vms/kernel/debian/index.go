package debian

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// entry is one package of an index.
type entry struct {
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

// maxLine caps a line of an index. The longest of Debian's are some 30 KB.
const maxLine = 4 << 20

// parseIndex reads a Packages file and keeps the entries whose name begins
// with one of prefixes. It holds one line at a time.
func parseIndex(r io.Reader, prefixes ...string) ([]entry, error) {
	var found []entry
	var current *entry // nil while a paragraph is of no interest
	lines := bufio.NewScanner(r)
	lines.Buffer(make([]byte, 64<<10), maxLine)
	for lines.Scan() {
		line := lines.Bytes()
		switch {
		case len(line) == 0:
			found, current = finish(found, current), nil
		case bytes.HasPrefix(line, packageField):
			found, current = finish(found, current), start(line, prefixes)
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

func start(line []byte, prefixes []string) *entry {
	name := line[len(packageField):]
	for _, p := range prefixes {
		if bytes.HasPrefix(name, []byte(p)) {
			return &entry{Package: string(bytes.TrimSpace(name))}
		}
	}
	return nil
}

// finish keeps an entry that can be fetched.
func finish(found []entry, e *entry) []entry {
	if e == nil || e.Version == "" || e.Filename == "" || e.SHA256 == "" {
		return found
	}
	return append(found, *e)
}

func (e *entry) set(line string) (err error) {
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
