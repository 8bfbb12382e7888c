package repomd

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/bpflab/bpflab/vms/kernel/extract"
)

// Package is one package of a primary.xml.
type Package struct {
	Name, Arch       string
	Epoch            int
	Version, Release string
	File             File
}

// EVR returns epoch, version and release as rpm writes them: "5.14.0-427.el9", with "1:" in
// front where there is an epoch.
func (p Package) EVR() string {
	evr := p.Version + "-" + p.Release
	if p.Epoch > 0 {
		evr = strconv.Itoa(p.Epoch) + ":" + evr
	}
	return evr
}

// maxPackage caps the text of one package. Those with the longest lists of files and
// dependencies are some 2 MB.
const maxPackage = 16 << 20

// ReadPrimary returns the packages of the primary.xml at name, packed as its first bytes
// say, whose name and architecture want accepts.
func ReadPrimary(name string, want func(name string) bool) ([]Package, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	text, err := unpacked(bufio.NewReaderSize(f, 1<<18))
	if err != nil {
		return nil, fmt.Errorf("%w: primary.xml: %w", ErrFormat, err)
	}
	text, stop := ahead(text)
	defer stop()
	return ParsePrimary(text, want)
}

// magics are the first bytes of compressed files.
var magics = map[string]string{
	"\x1f\x8b": "gzip", "\xfd7zXZ\x00": "xz", "\x28\xb5\x2f\xfd": "zstd", "BZh": "bzip2",
}

func unpacked(r *bufio.Reader) (io.Reader, error) {
	head, _ := r.Peek(6)
	for magic, method := range magics {
		if bytes.HasPrefix(head, []byte(magic)) {
			return extract.Decompress(method, r)
		}
	}
	return extract.Decompress("", r)
}

var errStopped = errors.New("stopped")

// ahead returns a reader of what r gives, which is unpacked on another core. The caller
// stops it.
func ahead(r io.Reader) (io.Reader, func()) {
	from, to := io.Pipe()
	go func() {
		buffered := bufio.NewWriterSize(to, 1<<20)
		_, err := io.Copy(buffered, r)
		to.CloseWithError(errors.Join(err, buffered.Flush()))
	}()
	return from, func() { from.CloseWithError(errStopped) }
}

var (
	packageStart = []byte("<package ")
	packageEnd   = []byte("</package>")
	nameStart    = []byte("<name>")
	nameEnd      = []byte("</name>")
)

// ParsePrimary reads a primary.xml and returns the packages whose name want accepts. Only
// their text is read as XML: of the rest, of which there may be 100 MB, it holds one package
// at a time and looks at the name alone.
func ParsePrimary(r io.Reader, want func(name string) bool) ([]Package, error) {
	var found []Package
	texts := bufio.NewScanner(r)
	texts.Buffer(make([]byte, 1<<20), maxPackage)
	texts.Split(splitPackages)
	for texts.Scan() {
		text := texts.Bytes()
		if !want(string(nameIn(text))) {
			continue
		}
		p, err := parsePackage(text)
		if err != nil {
			return nil, err
		}
		found = append(found, p)
	}
	if err := texts.Err(); err != nil {
		return nil, fmt.Errorf("%w: primary.xml: %w", ErrFormat, err)
	}
	return found, nil
}

// splitPackages is a bufio.SplitFunc for package elements. An unfinished one is an error.
func splitPackages(data []byte, atEnd bool) (advance int, token []byte, err error) {
	start := bytes.Index(data, packageStart)
	if start < 0 {
		if atEnd {
			return len(data), nil, nil
		}
		return max(0, len(data)-len(packageStart)), nil, nil
	}
	end := bytes.Index(data[start:], packageEnd)
	if end >= 0 {
		end += start + len(packageEnd)
		return end, data[start:end], nil
	}
	if atEnd {
		return 0, nil, io.ErrUnexpectedEOF
	}
	return start, nil, nil
}

// nameIn returns the content of the first name element.
func nameIn(text []byte) []byte {
	_, rest, _ := bytes.Cut(text, nameStart)
	name, _, _ := bytes.Cut(rest, nameEnd)
	return name
}

type packageXML struct {
	Name    string `xml:"name"`
	Arch    string `xml:"arch"`
	Version struct {
		Epoch   string `xml:"epoch,attr"`
		Version string `xml:"ver,attr"`
		Release string `xml:"rel,attr"`
	} `xml:"version"`
	Checksum checksumXML `xml:"checksum"`
	Location locationXML `xml:"location"`
	Size     struct {
		Package int64 `xml:"package,attr"`
	} `xml:"size"`
}

func parsePackage(text []byte) (Package, error) {
	var x packageXML
	if err := xml.Unmarshal(text, &x); err != nil {
		return Package{}, fmt.Errorf("%w: primary.xml: package %s: %w", ErrFormat, nameIn(text), err)
	}
	p := Package{Name: x.Name, Arch: x.Arch, Version: x.Version.Version, Release: x.Version.Release}
	p.Epoch, _ = strconv.Atoi(x.Version.Epoch) // none is 0
	digest, err := x.Checksum.sha256()
	if err == nil {
		err = checkPath(x.Location)
	}
	if err != nil {
		return p, fmt.Errorf("package %s: %w", x.Name, err)
	}
	p.File = File{x.Location.Href, x.Size.Package, digest}
	return p, nil
}
