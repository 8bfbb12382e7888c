package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"strings"
)

// sumSuffix is appended to the name of a file to name its sum.
const sumSuffix = ".sum"

// IsSum reports whether a name in a directory of the cache is that of a sum.
func IsSum(name string) bool {
	return strings.HasSuffix(name, sumSuffix)
}

// SumPath returns the path of a file's sum.
func SumPath(file string) string { return file + sumSuffix }

// Sum is the expected size and digest of a file.
type Sum struct {
	Size   int64  `json:"size"` // AnySize if it is unknown
	SHA256 string `json:"sha256"`
}

// AnySize is the size of a file of which only the digest is known.
const AnySize = -1

// SumOf returns the sum of b.
func SumOf(b []byte) Sum {
	digest := sha256.Sum256(b)
	return Sum{int64(len(b)), hex.EncodeToString(digest[:])}
}

// ErrNoSum is a file without its sum: an older bpflab wrote it, or the sum is lost.
var ErrNoSum = errors.New("no record of its size and SHA-256")

// maxSum bounds what is read of a sum, in bytes.
const maxSum = 1 << 10

// readSum returns what was recorded of a file.
func readSum(file string) (Sum, error) {
	var s Sum
	f, err := openPlain(file + sumSuffix)
	if errors.Is(err, fs.ErrNotExist) {
		return s, ErrNoSum
	}
	if err != nil {
		return s, fmt.Errorf("its sum: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxSum))
	if err == nil {
		err = json.Unmarshal(text, &s)
	}
	if err == nil && (s.Size < 0 || len(s.SHA256) != hex.EncodedLen(sha256.Size)) {
		err = errors.New("not as it was written")
	}
	if err != nil {
		return s, fmt.Errorf("its sum: %w", err)
	}
	return s, nil
}

// Text returns what Create writes beside the file.
func (s Sum) Text() []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err) // a number and a string can be encoded
	}
	return append(text, '\n')
}

// hashing passes on what is written to it and computes its sum.
type hashing struct {
	to   io.Writer
	size int64
	hash hash.Hash
}

func newHashing(to io.Writer) *hashing { return &hashing{to: to, hash: sha256.New()} }

func (h *hashing) Write(p []byte) (int, error) {
	n, err := h.to.Write(p)
	h.size += int64(n)
	h.hash.Write(p[:n])
	return n, err
}

func (h *hashing) sum() Sum { return Sum{h.size, hex.EncodeToString(h.hash.Sum(nil))} }

// SumFile returns the sum of the plain file at name.
func SumFile(name string) (Sum, error) {
	f, err := os.Open(name)
	if err != nil {
		return Sum{}, err
	}
	defer f.Close()
	h := newHashing(io.Discard)
	_, err = io.Copy(h, f)
	return h.sum(), err
}
