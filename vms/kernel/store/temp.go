package store

import (
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/lease"
)

// temp makes an empty directory below tmp and returns it with its removal. What a
// dead process left there is removed on the way.
func (s *Store) temp() (string, func(), error) {
	tmp := filepath.Join(s.root, "tmp")
	if err := os.MkdirAll(tmp, 0o755); err != nil {
		return "", nil, cache.Explain(err)
	}
	dir, remove, err := lease.MkdirTemp(tmp, "work-")
	if err != nil {
		return "", nil, cache.Explain(err)
	}
	return dir, remove, nil
}
