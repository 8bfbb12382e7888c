package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
)

var stateForm = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._-]*$`)

// ReadState returns the named record of a source, or nil if there is none.
func (s *Store) ReadState(name string) ([]byte, error) {
	data, err := os.ReadFile(filepath.Join(s.root, "state", name))
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return data, err
}

// WriteState keeps data under name, in place of what was there.
func (s *Store) WriteState(ctx context.Context, name string, data []byte) error {
	if !stateForm.MatchString(name) {
		return errors.New("no name for a state: " + name)
	}
	return s.write(ctx, data, "state", name)
}
