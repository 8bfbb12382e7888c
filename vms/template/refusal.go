//go:build linux

package template

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
)

// refusal is the file .refused-KEY: a hypervisor of which no template can be made.
type refusal struct {
	Reason string    `json:"reason"`
	When   time.Time `json:"when"`
}

const refusalPrefix = ".refused-"

// Refuse records that no template can be made of what key names, until Prune. Where it
// cannot be written the next process finds out for itself.
func (s *Store) Refuse(key, reason string) {
	if text, err := json.Marshal(refusal{reason, time.Now().UTC()}); err == nil {
		cache.Replace(filepath.Join(s.dir, refusalPrefix+key), text)
	}
}

// Refusal returns what Refuse has recorded of a key, and when.
func (s *Store) Refusal(key string) (reason string, when time.Time, ok bool) {
	text, err := os.ReadFile(filepath.Join(s.dir, refusalPrefix+key))
	if err != nil || len(text) > maxManifest {
		return "", time.Time{}, false
	}
	var r refusal
	err = json.Unmarshal(text, &r)
	return r.Reason, r.When, err == nil && r.Reason != ""
}

// pruneRefusals removes the records among a directory's entries.
func (s *Store) pruneRefusals(entries []os.DirEntry) error {
	var errs []error
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), refusalPrefix) {
			errs = append(errs, os.RemoveAll(filepath.Join(s.dir, e.Name())))
		}
	}
	return errors.Join(errs...)
}
