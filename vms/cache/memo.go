package cache

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// Memo keeps what was computed from the contents of files: in memory for this process, and
// in a directory for the next ones, so that they need not read the files again. A value holds
// until the file changes: its inode, size or change time, which no program can set, is
// another then. In the directory it holds until the host restarts, because what a file system
// had not yet written can be lost then. The zero value keeps nothing in a directory. A Memo
// is safe for many goroutines and many processes.
type Memo struct {
	dir   string
	known sync.Map // values by name
}

// NewMemo returns a memo in dir, which is made when it is needed. Where it cannot be
// written, nothing is kept there.
func NewMemo(dir string) *Memo { return &Memo{dir: dir} }

// settled is how long a file must have been unchanged for its values to be kept in the
// directory: a second change within one tick of the file system's clock leaves the change
// time as it is.
var settled = 2 * time.Second // less in tests

// Of returns what compute returns for an open file, or what it returned before. kind names
// the computation. Errors are compute's, and are not kept.
func (m *Memo) Of(f *os.File, kind string, compute func() (string, error)) (string, error) {
	name, err := nameOf(f, kind)
	if err != nil {
		return compute()
	}
	if value, ok := m.known.Load(name); ok {
		return value.(string), nil
	}
	value, kept := readRecord(m.record(name))
	if !kept {
		if value, err = compute(); err != nil {
			return value, err
		}
	}
	if now, err := nameOf(f, kind); err != nil || now != name {
		return value, nil // it has changed meanwhile
	}
	m.known.Store(name, value)
	if !kept && isSettled(f, time.Now()) {
		m.keep(m.record(name), value)
	}
	return value, nil
}

// nameOf returns a name for a computation from a file in its present state.
func nameOf(f *os.File, kind string) (string, error) {
	at, err := stampOf(f)
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %+v", kind, at))
	return hex.EncodeToString(sum[:16]), err
}

// Unsettled is the State of a file that has changed so lately that another change may not
// show.
const Unsettled = "unsettled"

// State returns a text that is another one when the file or directory at a path, behind
// links, is another one or has changed; "" where there is none that can be read, and
// Unsettled for one that has just changed.
func State(path string) string {
	f, err := os.Open(path)
	if err != nil {
		return ""
	}
	defer f.Close()
	at, err := stampOf(f)
	switch {
	case err != nil:
		return ""
	case !isSettled(f, time.Now()):
		return Unsettled
	}
	return fmt.Sprintf("%+v", at)
}

// record returns the path of what is kept under a name, "" where nothing can be.
func (m *Memo) record(name string) string {
	boot := lease.BootID()
	if boot == "" || m.dir == "" {
		return ""
	}
	return filepath.Join(m.dir, boot, name)
}

// Forget removes all that is kept.
func (m *Memo) Forget() error {
	m.known.Clear()
	if m.dir == "" {
		return nil
	}
	return os.RemoveAll(m.dir)
}

// keep writes a record, and removes those of the host's earlier boots. What cannot be
// written is computed again.
func (m *Memo) keep(record, value string) {
	if record == "" {
		return
	}
	if _, err := os.Lstat(filepath.Dir(record)); err != nil {
		os.RemoveAll(m.dir)
		os.MkdirAll(m.dir, 0o700)
	}
	Replace(record, []byte(guard(value)+" "+value))
}

// readRecord returns the value of a record, if it is whole and nobody else can have written it.
func readRecord(record string) (value string, ok bool) {
	if record == "" || Inspect(record, AnySize) != nil {
		return "", false
	}
	text, err := os.ReadFile(record)
	if err != nil {
		return "", false
	}
	sum, value, _ := strings.Cut(string(text), " ")
	return value, sum == guard(value)
}

// guard returns a checksum of a value.
func guard(value string) string {
	sum := sha256.Sum256([]byte(value))
	return hex.EncodeToString(sum[:8])
}
