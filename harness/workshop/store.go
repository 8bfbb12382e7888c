package workshop

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"github.com/bpflab/bpflab/vms/lease"
)

// MaxCode is the largest C file that a student may save, in bytes.
const MaxCode = 1 << 20

// files locates a student's work on a lab: state.json and the C file in DIR/LAB.
type files struct {
	dir  string
	code string // name of the C file, "" without one
}

// studentID is what a student's directory may be named.
var studentID = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,31}$`)

func (f files) statePath() string { return filepath.Join(f.dir, "state.json") }

// codePath returns the path of the student's C file, or "" if the lab has none.
func (f files) codePath() string {
	if f.code == "" {
		return ""
	}
	return filepath.Join(f.dir, f.code)
}

// load reads the stored work. It renames a state that cannot be read and begins a new
// one; the C file stays.
func (f files) load(l *Lesson) (State, []byte, error) {
	if err := f.makeDir(); err != nil {
		return State{}, nil, &StoreError{err}
	}
	state := newState(l)
	text, err := os.ReadFile(f.statePath())
	if err == nil && (json.Unmarshal(text, &state) != nil || state.Schema != StateSchema) {
		os.Rename(f.statePath(), f.statePath()+".old")
		state = newState(l)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return State{}, nil, &StoreError{err}
	}
	state.fit(l)
	code, err := f.loadCode(l)
	return state, code, err
}

// makeDir creates the directory. Nobody else may read what is in it or beside it, also
// where an earlier bpflab has allowed that.
func (f files) makeDir() error {
	if err := os.MkdirAll(f.dir, 0o700); err != nil {
		return err
	}
	return errors.Join(os.Chmod(filepath.Dir(f.dir), 0o700), os.Chmod(f.dir, 0o700))
}

// loadCode reads the C file, which it creates from the starter if there is none.
func (f files) loadCode(l *Lesson) ([]byte, error) {
	if f.code == "" {
		return nil, nil
	}
	code, err := f.readCode()
	if errors.Is(err, fs.ErrNotExist) {
		return l.Starter, writeFile(f.codePath(), l.Starter)
	}
	return code, err
}

// readCode reads the C file from disk.
func (f files) readCode() ([]byte, error) {
	info, err := os.Stat(f.codePath())
	if err != nil {
		return nil, err
	}
	if info.Size() > MaxCode {
		return nil, &SizeError{File: f.codePath(), Size: info.Size()}
	}
	return os.ReadFile(f.codePath())
}

func (f files) saveState(s State) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return writeFile(f.statePath(), append(text, '\n'))
}

// writeFile replaces a file atomically: a reader finds the old content or the new one,
// also after a crash.
func writeFile(path string, text []byte) error {
	tmp, err := lease.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-")
	if err != nil {
		return &StoreError{err}
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(text)
	err = errors.Join(err, tmp.Chmod(0o600), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		return &StoreError{err}
	}
	return nil
}

// StoreError is the error of a disk that does not take, or give, a student's files: for
// one because it is full.
type StoreError struct{ Err error }

func (e *StoreError) Error() string { return "the workshop's files: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *StoreError) Unwrap() error { return e.Err }

// SizeError is the error of a C file that is too large.
type SizeError struct {
	File string
	Size int64 // bytes
}

func (e *SizeError) Error() string {
	return fmt.Sprintf("%s has %d KiB, and a lab's C file may have at most %d KiB", filepath.Base(e.File), e.Size>>10, MaxCode>>10)
}
