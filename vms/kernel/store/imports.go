package store

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

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
	return s.write(ctx, append(text, '\n'), "local", ref.Name+".json")
}

// RemoveImport forgets the import; its image goes with the next Prune. One
// that is not there is os.ErrNotExist.
func (s *Store) RemoveImport(name string) error {
	if !kernel.ValidName(name) {
		return fmt.Errorf("%q is no name of an import", name)
	}
	return os.Remove(filepath.Join(s.root, "local", name+".json"))
}

// Imports returns what was imported, oldest version first.
func (s *Store) Imports() ([]kernel.Ref, error) {
	names, err := s.list("local")
	if err != nil {
		return nil, err
	}
	var refs []kernel.Ref
	for _, name := range names {
		if !strings.HasSuffix(name, ".json") {
			continue
		}
		ref, err := readImport(filepath.Join(s.root, "local", name))
		if err != nil {
			return nil, err
		}
		refs = append(refs, ref)
	}
	slices.SortFunc(refs, kernel.Ref.Compare)
	return refs, nil
}

func readImport(name string) (kernel.Ref, error) {
	var ref kernel.Ref
	text, err := os.ReadFile(name)
	if err != nil {
		return ref, err
	}
	if err := json.Unmarshal(text, &ref); err != nil || len(ref.Files) == 0 {
		return ref, fmt.Errorf("%s is damaged; remove it and import the kernel again", name)
	}
	return ref, nil
}
