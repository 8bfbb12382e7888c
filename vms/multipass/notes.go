package multipass

import (
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// notes record the owner of each instance, in a file named after it.
type notes struct{ dir string }

// keep notes that the instance is this process's.
func (n notes) keep(name string) error {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return fmt.Errorf("note whose %s is: %w", name, err)
	}
	if err := os.WriteFile(n.file(name), []byte(lease.Self().String()), 0o644); err != nil {
		return fmt.Errorf("note whose %s is: %w", name, err)
	}
	return nil
}

// drop forgets the instance.
func (n notes) drop(name string) { os.Remove(n.file(name)) }

// read returns the instance's owner, and since when; no owner without a note.
func (n notes) read(name string) (lease.Owner, time.Time) {
	text, err := os.ReadFile(n.file(name))
	if err != nil {
		return lease.Owner{}, time.Time{}
	}
	info, err := os.Stat(n.file(name))
	if err != nil {
		return lease.Owner{}, time.Time{}
	}
	return lease.Parse(string(text)), info.ModTime()
}

// outlived is how long a note is kept of an instance that is not there: an
// instance may still appear that a killed process asked for.
const outlived = 24 * time.Hour

// sweep drops the old notes of dead owners whose instances are not there.
func (n notes) sweep(there func(name string) bool) {
	files, err := os.ReadDir(n.dir)
	if err != nil {
		return // nothing was ever noted
	}
	for _, f := range files {
		tag, made := n.read(f.Name())
		if !there(f.Name()) && tag.State() == lease.Dead && time.Since(made) > outlived {
			n.drop(f.Name())
		}
	}
}

func (n notes) file(name string) string { return filepath.Join(n.dir, name) }
