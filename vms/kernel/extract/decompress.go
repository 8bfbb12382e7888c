package extract

import (
	"compress/bzip2"
	"compress/gzip"
	"fmt"
	"io"

	"github.com/klauspost/compress/zstd"
	"github.com/ulikunitz/xz/lzma"
	"github.com/xi2/xz"
)

// Decompress returns what r unpacks to: at most MaxBytes, and ErrUnsafe after them. The
// method is "" for none, gzip, bzip2, xz, lzma or zstd.
func Decompress(method string, r io.Reader) (io.Reader, error) {
	unpacked, err := decompress(method, r)
	if err != nil {
		return nil, err
	}
	return &bounded{unpacked, MaxBytes}, nil
}

func decompress(method string, r io.Reader) (io.Reader, error) {
	switch method {
	case "":
		return r, nil
	case "gzip":
		return gzip.NewReader(r)
	case "bzip2":
		return bzip2.NewReader(r), nil
	case "xz":
		return xz.NewReader(r, 0)
	case "lzma":
		return lzma.NewReader(r)
	case "zstd":
		return zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	}
	return nil, fmt.Errorf("compression %q is not supported", method)
}

// bounded is a reader that fails when more than left bytes come.
type bounded struct {
	from io.Reader
	left int64
}

func (b *bounded) Read(p []byte) (int, error) {
	n, err := b.from.Read(p)
	if b.left -= int64(n); b.left < 0 {
		return 0, fmt.Errorf("%w: it unpacks to more than %d bytes", ErrUnsafe, int64(MaxBytes))
	}
	return n, err
}
