// Package rpm reads RPM packages as what they are to us: untrusted archives. Open reads the
// headers, Package.Verify proves that a vendor's key covers every byte of the payload, and
// Package.Extract unpacks it as package extract does.
//
// A file has four parts: a lead, the signature header, the header, and the payload, a
// compressed cpio archive. A signature of the signature header covers the header alone, and
// the header then has the digest of the payload (since rpm 4.14); or it covers header and
// payload (all before, and so CentOS 7 and Amazon Linux 2). Either is taken. The format is
// that of rpm's manual (docs/manual/format_v4.md and signatures_digests.md in its sources).
//
// The libraries that there are do less than is needed here: sassoftware/go-rpmutils takes
// a header's sizes and offsets on trust, and panics.
package rpm

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
)

// Errors of a package that is not what it should be.
var (
	ErrFormat    = errors.New("no RPM package")
	ErrUnsigned  = errors.New("not signed")
	ErrKey       = errors.New("signed by a key that its vendor does not have here")
	ErrExpired   = errors.New("signed by a key that had expired")
	ErrSignature = errors.New("the signature does not match")
	ErrDigest    = errors.New("the payload is not the one that was signed")
)

// Tags of the header, by their numbers in rpm's include/rpm/rpmtag.h.
const (
	tagName          = 1000
	tagVersion       = 1001
	tagRelease       = 1002
	tagEpoch         = 1003
	tagSize          = 1009
	tagArch          = 1022
	tagSourceRPM     = 1044
	tagFormat        = 1124
	tagCompressor    = 1125
	tagLongSize      = 5009
	tagPayloadSHA256 = 5092
)

const leadSize = 96

var leadMagic = []byte{0xed, 0xab, 0xee, 0xdb}

// Package is one file, whose headers have been read.
type Package struct {
	Name, Version, Release, Arch string
	Epoch                        int

	file       string
	signatures *header
	header     *header
	payload    int64 // where it begins
}

// Is reports whether the file begins as an RPM package does.
func Is(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, len(leadMagic))
	_, err = io.ReadFull(f, magic)
	return err == nil && bytes.Equal(magic, leadMagic)
}

// Open reads the headers of the file. It verifies nothing.
func Open(name string) (*Package, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	p, err := read(f)
	if err != nil {
		return nil, fmt.Errorf("package %s: %w", name, err)
	}
	p.file = name
	return p, nil
}

// read reads lead, signature header and header.
func read(from io.Reader) (*Package, error) {
	r := bufio.NewReaderSize(from, 1<<16)
	lead := make([]byte, leadSize)
	if _, err := io.ReadFull(r, lead); err != nil || !bytes.Equal(lead[:4], leadMagic) {
		return nil, fmt.Errorf("%w: it does not begin with %x", ErrFormat, leadMagic)
	}
	signatures, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	padding := -len(signatures.raw) & 7
	if _, err := r.Discard(padding); err != nil {
		return nil, fmt.Errorf("%w: it ends after the signature", ErrFormat)
	}
	h, err := readHeader(r)
	if err != nil {
		return nil, err
	}
	p := &Package{
		Name: h.text(tagName), Version: h.text(tagVersion), Release: h.text(tagRelease), Arch: h.text(tagArch),
		Epoch: int(h.number(tagEpoch)), signatures: signatures, header: h,
		payload: int64(leadSize + len(signatures.raw) + padding + len(h.raw)),
	}
	return p, p.check()
}

func (p *Package) check() error {
	switch {
	case p.Name == "" || p.Version == "" || p.Release == "" || p.Arch == "":
		return fmt.Errorf("%w: its header lacks name, version, release or architecture", ErrFormat)
	case p.header.text(tagSourceRPM) == "":
		return fmt.Errorf("%w: it is a source package", ErrFormat)
	}
	return nil
}

// EVR returns epoch, version and release as rpm writes them: "5.14.0-427.el9", with "1:" in
// front where there is an epoch.
func (p *Package) EVR() string {
	evr := p.Version + "-" + p.Release
	if p.Epoch > 0 {
		evr = strconv.Itoa(p.Epoch) + ":" + evr
	}
	return evr
}

// installedSize returns how many bytes the files have together, as the header claims.
func (p *Package) installedSize() uint64 {
	return max(p.header.number(tagSize), p.header.number(tagLongSize))
}

// open opens the file at its payload.
func (p *Package) open() (*os.File, error) {
	f, err := os.Open(p.file)
	if err != nil {
		return nil, err
	}
	if _, err := f.Seek(p.payload, io.SeekStart); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}
