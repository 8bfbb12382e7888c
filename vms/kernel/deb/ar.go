package deb

import (
	"fmt"
	"io"
	"strconv"
	"strings"
)

const (
	arMagic  = "!<arch>\n"
	arHeader = 60
)

// member is one file of an ar archive.
type member struct {
	name string
	data *io.SectionReader
}

// members reads the directory of an ar archive of size bytes.
func members(r io.ReaderAt, size int64) ([]member, error) {
	magic := make([]byte, len(arMagic))
	if _, err := r.ReadAt(magic, 0); err != nil || string(magic) != arMagic {
		return nil, fmt.Errorf("%w: it does not begin with %q", ErrFormat, strings.TrimSpace(arMagic))
	}
	var found []member
	for at := int64(len(arMagic)); at < size; {
		m, err := memberAt(r, at, size)
		if err != nil {
			return nil, err
		}
		found = append(found, m)
		at += arHeader + m.data.Size() + m.data.Size()%2
	}
	return found, nil
}

func memberAt(r io.ReaderAt, at, size int64) (member, error) {
	head := make([]byte, arHeader)
	if _, err := r.ReadAt(head, at); err != nil || string(head[58:]) != "`\n" {
		return member{}, fmt.Errorf("%w: bad archive header at byte %d", ErrFormat, at)
	}
	length, err := strconv.ParseInt(strings.TrimSpace(string(head[48:58])), 10, 64)
	if err != nil || length < 0 || at+arHeader+length > size {
		return member{}, fmt.Errorf("%w: archive member at byte %d is cut off", ErrFormat, at)
	}
	name := strings.TrimSuffix(strings.TrimSpace(string(head[:16])), "/")
	return member{name, io.NewSectionReader(r, at+arHeader, length)}, nil
}
