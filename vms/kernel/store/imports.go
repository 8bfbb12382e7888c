package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
)

// SaveImport makes ref what "local:NAME" stands for, in place of what did.
func (s *Store) SaveImport(ctx context.Context, ref kernel.Ref) error {
	if !kernel.ValidName(ref.Name) {
		return fmt.Errorf("%q is no name for an import: use letters, digits and ._+-", ref.Name)
	}
	text, err := json.MarshalIndent(ref, "", "  ")
	if err != nil {
		return err
	}
	return s.write(ctx, append(text, '\n'), "local", ref.Name+importSuffix)
}

// RemoveImport forgets the import; its image goes with the next Prune. One
// that is not there is os.ErrNotExist.
func (s *Store) RemoveImport(name string) error {
	if !kernel.ValidName(name) {
		return fmt.Errorf("%q is no name of an import", name)
	}
	file := filepath.Join(s.root, "local", name+importSuffix)
	if _, err := os.Lstat(file); err != nil {
		return err
	}
	return cache.Remove(file)
}

// importSuffix ends the names of the records of imports.
const importSuffix = ".json"

// Imports returns what was imported, oldest version first. An import whose record is
// damaged is left out, and noted: nothing else may depend on it.
func (s *Store) Imports() []kernel.Ref {
	var refs []kernel.Ref
	for _, file := range cache.Files(filepath.Join(s.root, "local"), importSuffix) {
		ref, err := readImport(file)
		if err != nil {
			name := strings.TrimSuffix(filepath.Base(file), importSuffix)
			s.progress.Note(fmt.Sprintf("left out local:%s: %v; import the kernel again", name, err))
			continue
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, kernel.Ref.Compare)
	return refs
}

// readImport reads a record. Those of an older bpflab have no sum.
func readImport(file string) (kernel.Ref, error) {
	var ref kernel.Ref
	text, err := cache.Read(file)
	if err != nil && !errors.Is(err, cache.ErrNoSum) {
		return ref, err
	}
	if err := json.Unmarshal(text, &ref); err != nil {
		return ref, &cache.DamagedError{File: file, Err: err}
	}
	if len(ref.Files) == 0 {
		return ref, &cache.DamagedError{File: file, Err: errors.New("it names no file")}
	}
	return ref, nil
}
