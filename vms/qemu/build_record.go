//go:build linux

package qemu

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

// keptBuild is the content of the file that keeps what a QEMU says of itself, which takes it as
// long as half a fork, from one process to the next.
type keptBuild struct {
	Path     string `json:"path"`
	Device   uint64 `json:"device"`
	Inode    uint64 `json:"inode"`
	Size     int64  `json:"size"`
	Modified int64  `json:"modified"`
	Version  string `json:"version"`
}

func (p *Provider) buildFile(arch kernel.Arch) string {
	if arch == kernel.AMD64 {
		return filepath.Join(p.options.Cache, "qemu.json")
	}
	return filepath.Join(p.options.Cache, "qemu-"+string(arch)+".json")
}

// lastBuild returns the QEMU for an architecture that a process found last, nil if none is on record.
func (p *Provider) lastBuild(arch kernel.Arch) *build {
	text, err := cache.Read(p.buildFile(arch))
	if err != nil {
		return nil
	}
	var k keptBuild
	if json.Unmarshal(text, &k) != nil {
		return nil
	}
	return &build{version: k.Version, path: k.Path, file: fileStamp{k.Device, k.Inode, k.Size, k.Modified}}
}

// keepBuild writes down what a QEMU says of itself. A script in its place is asked by every
// process, for it may start another QEMU tomorrow.
func (p *Provider) keepBuild(arch kernel.Arch, b build) {
	if p.options.Cache == "" || !isELF(b.path) {
		return
	}
	if text, err := json.Marshal(keptBuild{b.path, b.file.device, b.file.inode, b.file.size, b.file.modified, b.version}); err == nil {
		cache.Write(p.buildFile(arch), append(text, '\n')) // where it cannot, the next process asks again
	}
}

func isELF(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	magic := make([]byte, 4)
	_, err = io.ReadFull(f, magic)
	return err == nil && bytes.Equal(magic, []byte("\x7fELF"))
}
