// Package repomd reads the metadata of RPM repositories: repomd.xml, which names the other
// files by digest, and primary.xml, which has the packages. Both are untrusted. The format is
// that which createrepo_c writes.
package repomd

import (
	"encoding/xml"
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// ErrFormat is metadata that is not what it should be.
var ErrFormat = errors.New("no repository metadata")

// Index is what a repomd.xml says.
type Index struct {
	Made    time.Time // when the list of packages was made
	Primary File
}

// File is a file of the repository.
type File struct {
	Path   string // relative to its root; Amazon's packages climb out of it (see Below)
	Size   int64  // 0 where it is not said
	SHA256 string
}

type indexXML struct {
	XMLName  xml.Name  `xml:"repomd"`
	Revision string    `xml:"revision"`
	Data     []dataXML `xml:"data"`
}

type dataXML struct {
	Type      string      `xml:"type,attr"`
	Checksum  checksumXML `xml:"checksum"`
	Location  locationXML `xml:"location"`
	Timestamp string      `xml:"timestamp"`
	Size      int64       `xml:"size"`
}

type checksumXML struct {
	Type string `xml:"type,attr"`
	Text string `xml:",chardata"`
}

type locationXML struct {
	Href string `xml:"href,attr"`
	Base string `xml:"http://www.w3.org/XML/1998/namespace base,attr"`
}

// ParseIndex reads a repomd.xml.
func ParseIndex(text []byte) (Index, error) {
	var x indexXML
	if err := xml.Unmarshal(text, &x); err != nil {
		return Index{}, fmt.Errorf("%w: repomd.xml: %w", ErrFormat, err)
	}
	for _, d := range x.Data {
		if d.Type == "primary" {
			return d.index(x.Revision)
		}
	}
	return Index{}, fmt.Errorf("%w: repomd.xml names no primary.xml", ErrFormat)
}

func (d dataXML) index(revision string) (Index, error) {
	made, err := parseTime(d.Timestamp, revision)
	if err != nil {
		return Index{}, err
	}
	digest, err := d.Checksum.sha256()
	if err != nil {
		return Index{}, err
	}
	if err := checkPath(d.Location); err != nil {
		return Index{}, err
	}
	return Index{made, File{d.Location.Href, d.Size, digest}}, nil
}

// parseTime reads the first that is seconds since 1970; old repositories have fractions.
func parseTime(texts ...string) (time.Time, error) {
	for _, text := range texts {
		whole, _, _ := strings.Cut(strings.TrimSpace(text), ".")
		if seconds, err := strconv.ParseInt(whole, 10, 64); err == nil && seconds > 0 {
			return time.Unix(seconds, 0).UTC(), nil
		}
	}
	return time.Time{}, fmt.Errorf("%w: repomd.xml does not say when it was made", ErrFormat)
}

func (c checksumXML) sha256() (string, error) {
	digest := strings.ToLower(strings.TrimSpace(c.Text))
	if c.Type != "sha256" {
		return "", fmt.Errorf("%w: digests of the kind %q are not supported, only sha256", ErrFormat, c.Type)
	}
	if len(digest) != 64 || strings.Trim(digest, "0123456789abcdef") != "" {
		return "", fmt.Errorf("%w: %q is no SHA-256", ErrFormat, digest)
	}
	return digest, nil
}

// checkPath refuses what is no relative path.
func checkPath(l locationXML) error {
	p := l.Href
	if p == "" || path.IsAbs(p) || strings.ContainsAny(p, "?#%\\:") {
		return fmt.Errorf("%w: %q is not a plain path", ErrFormat, p)
	}
	if l.Base != "" {
		return fmt.Errorf("%w: %s lies in another repository (%s)", ErrFormat, p, l.Base)
	}
	return nil
}

// Below returns the path of f relative to the mirror, where the repository lies at root. One
// that leaves the mirror is an error.
func (f File) Below(root string) (string, error) {
	p := path.Join(root, f.Path)
	if p == ".." || strings.HasPrefix(p, "../") {
		return "", fmt.Errorf("%w: %q leaves the mirror", ErrFormat, f.Path)
	}
	return p, nil
}
