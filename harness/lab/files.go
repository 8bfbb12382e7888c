package lab

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/harness/document"
)

// Path resolves a path that the document names, such as Header.Program,
// inside the file system the lab was read from.
func (l *Lab) Path(rel string) string { return path.Join(path.Dir(l.File), rel) }

// Files returns the C files the lab names, resolved by Path: program, starter, target and
// those of steps, each once, in this order.
func (l *Lab) Files() []string {
	var out []string
	seen := map[string]bool{}
	for _, f := range l.named() {
		if p := l.Path(f.rel); !seen[p] {
			seen[p] = true
			out = append(out, p)
		}
	}
	return out
}

// named is a C file as the document writes it.
type named struct {
	rel, key string
	step     int // -1 for the front matter
}

func (l *Lab) named() []named {
	all := []named{{l.Program, "program", -1}, {l.Starter, "starter", -1}, {l.Target, "target", -1}}
	for i, s := range l.Steps {
		all = append(all, named{s.Program, "program", i})
	}
	out := all[:0]
	for _, f := range all {
		if f.rel != "" {
			out = append(out, f)
		}
	}
	return out
}

func (d *draft) placeOf(f named) document.Place {
	if f.step < 0 {
		return d.header[f.key]
	}
	return d.steps[f.step][f.key]
}

// inside reports the paths that leave the file system.
func (d *draft) inside() {
	for _, f := range d.lab.named() {
		if !d.isInside(f.rel) {
			d.Add(d.placeOf(f), "paths are relative to the document and stay in the project", "%s %s is outside", f.key, f.rel)
		}
	}
}

func (d *draft) isInside(rel string) bool {
	p := d.lab.Path(rel)
	return !strings.HasPrefix(rel, "/") && fs.ValidPath(p)
}

// readFiles reads the C files, by their resolved path.
func (d *draft) readFiles(fsys fs.FS) map[string][]byte {
	out := map[string][]byte{}
	for _, f := range d.lab.named() {
		if !d.isInside(f.rel) {
			continue
		}
		text, err := document.Read(fsys, d.lab.Path(f.rel))
		switch {
		case errors.Is(err, fs.ErrNotExist):
			d.Add(d.placeOf(f), "paths are relative to the document", "%s %s: there is no file %s", f.key, f.rel, shownPath(d.root, d.lab.Path(f.rel)))
		case err != nil:
			d.Add(d.placeOf(f), "", "%s %s: %v", f.key, f.rel, inRoot(d.root, err))
		}
		out[d.lab.Path(f.rel)] = text
	}
	return out
}

// digest returns the SHA-256 over the document and its files, each with its length
// in front so that no two sets of files give the same bytes.
func digest(text []byte, files map[string][]byte) string {
	h := sha256.New()
	fmt.Fprintf(h, "%d\n%s", len(text), text)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(h, "%s\n%d\n%s", name, len(files[name]), files[name])
	}
	return hex.EncodeToString(h.Sum(nil))
}
