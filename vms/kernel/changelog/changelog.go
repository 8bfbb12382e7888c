// Package changelog reads what the packages of kernels say of their changes: Debian's and
// Ubuntu's in /usr/share/doc, those of RPM distributions in the package's header.
package changelog

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode"

	"github.com/bpflab/bpflab/vms/kernel/deb"
	"github.com/bpflab/bpflab/vms/kernel/extract"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
)

// maxText is how much of a changelog is read, in bytes. That of Debian's 6.1 has 4 MB.
const maxText = 64 << 20

// Entry is what changed with one version of a package.
type Entry struct {
	Title string   // as the changelog has it, with the version: "linux (6.1.192-1) bookworm-security; urgency=high"
	Items []string // each on one line, without its bullet
}

// Read returns the changelog in the package at name, the newest entry first; none if it is a
// file of another kind or has no changelog.
func Read(ctx context.Context, name string) ([]Entry, error) {
	if rpm.Is(name) {
		return readRPM(name)
	}
	entries, err := readDeb(ctx, name)
	if errors.Is(err, deb.ErrFormat) {
		return nil, nil
	}
	return entries, err
}

// inDoc are the names of changelogs: of packages that only their distribution has, and of
// others.
var inDoc = regexp.MustCompile(`^usr/share/doc/[^/]+/changelog(\.Debian)?(\.gz)?$`)

func readDeb(ctx context.Context, name string) (entries []Entry, err error) {
	err = deb.Walk(ctx, name, func(h *tar.Header, content io.Reader) error {
		if h.Typeflag != tar.TypeReg || entries != nil || !inDoc.MatchString(h.Name) {
			return nil
		}
		method := ""
		if path.Ext(h.Name) == ".gz" {
			method = "gzip"
		}
		text, err := extract.Decompress(method, content)
		if err == nil {
			entries, err = parse(io.LimitReader(text, maxText))
		}
		if err != nil {
			return fmt.Errorf("%s: %w", h.Name, err)
		}
		return nil
	})
	return entries, err
}

// parse reads a changelog as Debian's policy has it: titles begin in the first column, items
// with one of the bullets *, - and +, and what follows an item belongs to it.
func parse(r io.Reader) ([]Entry, error) {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, 1<<20)
	var entries []Entry
	for lines.Scan() {
		line := printable(lines.Text())
		if line != "" && !unicode.IsSpace(rune(line[0])) {
			entries = append(entries, Entry{Title: strings.TrimSpace(line)})
		} else if len(entries) > 0 {
			entries[len(entries)-1].add(line)
		}
	}
	return entries, lines.Err()
}

// add adds a line to an entry: a new item, or more of the last one.
func (e *Entry) add(line string) {
	text := strings.TrimSpace(line)
	if text == "" || strings.HasPrefix(line, " -- ") {
		return
	}
	for _, bullet := range []string{"* ", "- ", "+ "} {
		if item, ok := strings.CutPrefix(text, bullet); ok {
			e.Items = append(e.Items, strings.TrimSpace(item))
			return
		}
	}
	if len(e.Items) == 0 {
		e.Items = append(e.Items, text)
		return
	}
	e.Items[len(e.Items)-1] += " " + text
}

func readRPM(name string) ([]Entry, error) {
	p, err := rpm.Open(name)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, c := range p.Changelog() {
		e := Entry{Title: printable(c.Name)}
		if !c.Time.IsZero() {
			e.Title = c.Time.Format("2006-01-02 ") + e.Title
		}
		for line := range strings.Lines(c.Text) {
			e.add(printable(line))
		}
		entries = append(entries, e)
	}
	return entries, nil
}

// printable makes spaces of what would reach a terminal as more than text.
func printable(line string) string {
	return strings.Map(func(r rune) rune {
		if !unicode.IsGraphic(r) || r == unicode.ReplacementChar {
			return ' '
		}
		return r
	}, strings.TrimRight(line, "\r\n"))
}

// Since returns the entries of a package that an older one of the same line lacks.
func Since(newer, older []Entry) []Entry {
	known := map[string]bool{}
	for _, e := range older {
		known[e.key()] = true
	}
	var added []Entry
	for _, e := range newer {
		if !known[e.key()] {
			added = append(added, e)
		}
	}
	return added
}

// versioned finds the version in a title as Debian's policy has it.
var versioned = regexp.MustCompile(`^[a-z0-9.+-]+ \((\d[^)\s]*)\)`)

// key returns what two entries about the same changes share: the version, or else the title.
// Debian's signed packages are of another source, whose newest entry has a + in place of the -
// of the entry that it stands for: linux-signed-amd64 (6.1.177+1), linux (6.1.177-1).
func (e Entry) key() string {
	if m := versioned.FindStringSubmatch(e.Title); m != nil {
		return strings.ReplaceAll(m[1], "+", "-")
	}
	return e.Title
}

// aboutBPF finds items that name eBPF or what belongs to it.
var aboutBPF = regexp.MustCompile(`(?i)bpf|\bbtf\b|\bxdp\b`)

// AboutBPF returns the items that are about eBPF, with the titles of their entries.
func AboutBPF(entries []Entry) []Entry {
	var found []Entry
	for _, e := range entries {
		about := Entry{Title: e.Title}
		for _, item := range e.Items {
			if aboutBPF.MatchString(item) {
				about.Items = append(about.Items, item)
			}
		}
		if len(about.Items) > 0 {
			found = append(found, about)
		}
	}
	return found
}
