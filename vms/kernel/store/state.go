package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"

	"github.com/bpflab/bpflab/vms/cache"
)

var stateForm = regexp.MustCompile(`^[a-z0-9][a-zA-Z0-9._-]*$`)

// ReadState returns the named record of a source, or nil if there is none. One that is
// damaged is as good as none, and noted. Those of an older bpflab have no sum.
func (s *Store) ReadState(name string) ([]byte, error) {
	data, err := cache.Read(filepath.Join(s.root, "state", name))
	switch {
	case err == nil, errors.Is(err, cache.ErrNoSum):
		return data, nil
	case !errors.Is(err, os.ErrNotExist):
		s.progress.Note(err.Error() + "; it is made again")
	}
	return nil, nil
}

// WriteState keeps data under name, in place of what was there.
func (s *Store) WriteState(ctx context.Context, name string, data []byte) error {
	if !stateForm.MatchString(name) {
		return errors.New("no name for a state: " + name)
	}
	return s.write(ctx, data, "state", name)
}
