//go:build linux

package template

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"os"
	"time"
)

// About describes what a template was made of.
type About struct {
	Kernel       string    `json:"kernel"`        // its release
	KernelSHA256 string    `json:"kernel_sha256"` // kernel.Image.SHA256
	Memory       int64     `json:"memory"`        // of the guest, in bytes
	Made         time.Time `json:"made"`
	Port         bool      `json:"port"` // the snapshot-ready agent waits on the machine's virtio port
}

// manifest is template.json.
type manifest struct {
	Schema int `json:"schema"`
	About
	StateSize int64  `json:"state_size"` // bytes
	MemorySum uint32 `json:"memory_sum"` // see memorySum
	StateSum  uint32 `json:"state_sum"`  // CRC-32C

	// Sum is the CRC-32C of the manifest as it is without it; 0 in those of an older
	// bpflab.
	Sum uint32 `json:"sum"`
}

// ownSum returns what Sum must be.
func (m manifest) ownSum() (uint32, error) {
	m.Sum = 0
	text, err := json.Marshal(m)
	return crc32.Checksum(text, castagnoli), err
}

const schema = 1

// maxManifest bounds what is read of one, in bytes.
const maxManifest = 64 << 10

func readManifest(f *os.File) (manifest, error) {
	text, err := io.ReadAll(io.LimitReader(f, maxManifest+1))
	if err != nil {
		return manifest{}, err
	}
	return parseManifest(text)
}

func parseManifest(text []byte) (manifest, error) {
	var m manifest
	if len(text) > maxManifest {
		return m, errors.New("too long")
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&m); err != nil {
		return m, err
	}
	if decoder.More() {
		return m, errors.New("more than one value")
	}
	if m.Schema != schema {
		return m, fmt.Errorf("schema %d, want %d", m.Schema, schema)
	}
	if m.Memory <= 0 || m.StateSize < 0 {
		return m, errors.New("a size is negative")
	}
	if sum, err := m.ownSum(); err != nil || m.Sum != 0 && m.Sum != sum {
		return m, fmt.Errorf("its own checksum is %08x, want %08x", sum, m.Sum)
	}
	return m, nil
}
