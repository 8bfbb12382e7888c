package packet

import (
	"bytes"
	"compress/gzip"
	"io"
)

// beginning returns the first bytes of what a file of gzip holds, fewer where it is cut off
// or not right.
func beginning(file []byte) []byte {
	z, err := gzip.NewReader(bytes.NewReader(file))
	if err != nil {
		return nil
	}
	start := make([]byte, 4)
	n, _ := io.ReadFull(z, start)
	return start[:n]
}
