//go:build linux

package qemu

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/lease"
	"golang.org/x/sys/unix"
)

// memory is a file with one answer, good as long as its key is the same.
type memory struct{ file, key string }

type remembered struct {
	Key    string `json:"key"`
	Answer string `json:"answer"`
}

func (m memory) recall() (string, bool) {
	text, err := os.ReadFile(m.file)
	if err != nil {
		return "", false
	}
	var r remembered
	if json.Unmarshal(text, &r) != nil || r.Key != m.key {
		return "", false
	}
	return r.Answer, r.Answer == "kvm" || r.Answer == "tcg"
}

// keep writes the answer. Where it cannot, the next process asks again.
func (m memory) keep(answer string) {
	text, err := json.Marshal(remembered{m.key, answer})
	if err != nil || os.MkdirAll(filepath.Dir(m.file), 0o755) != nil {
		return
	}
	temp, err := lease.CreateTemp(filepath.Dir(m.file), ".answer-")
	if err != nil {
		return
	}
	defer os.Remove(temp.Name()) // it is renamed if all went well
	_, err = temp.Write(append(text, '\n'))
	if temp.Close() == nil && err == nil {
		os.Rename(temp.Name(), m.file)
	}
}

// hostKey changes when the answer may: this boot of the host, QEMU, the device.
func hostKey(version, device string) string {
	boot, _ := os.ReadFile("/proc/sys/kernel/random/boot_id") // without it, as if the host never booted again
	var at unix.Stat_t
	if err := unix.Stat(device, &at); err != nil {
		at = unix.Stat_t{}
	}
	return fmt.Sprintf("%s %s %d:%d:%x:%o", strings.TrimSpace(string(boot)), version, at.Dev, at.Ino, at.Rdev, at.Mode)
}
