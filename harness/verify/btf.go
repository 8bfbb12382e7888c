package verify

import (
	"bytes"
	"fmt"
	"os"

	"github.com/cilium/ebpf/btf"
)

// ReadBTF reads the BTF of a kernel: raw, as in /sys/kernel/btf/vmlinux, or in an ELF
// file, as vmlinux and the files of BTFHub are. Errors name the file.
func ReadBTF(path string) ([]byte, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	if _, err := btf.LoadSpecFromReader(bytes.NewReader(text)); err != nil {
		return nil, fmt.Errorf("%s: no BTF that can be read, neither raw nor in an ELF file: %w", path, err)
	}
	return text, nil
}
