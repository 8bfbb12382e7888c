package build

import (
	"errors"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
)

// Verify reads every object in the cache of a Builder. It returns those that are damaged,
// those that no key leads to and keys that lead to nothing sound (both without an error),
// and how many objects are sound.
func Verify(dir string) (found []cache.Finding, sound int) {
	s := store{dir}
	used := map[string]bool{}
	for _, file := range cache.Files(s.keysDir(), "") {
		object, err := s.load(filepath.Base(file))
		used[object.Path] = err == nil
		if err != nil {
			found = append(found, cache.Finding{Kind: "object", Path: file, Err: ofFile(err, file)})
		}
	}
	delete(used, "")
	for _, file := range cache.Files(s.objectsDir(), objectSuffix) {
		if used[file] {
			continue
		}
		bytes, err := readPlain(file)
		if err == nil && digest(bytes) != strings.TrimSuffix(filepath.Base(file), objectSuffix) {
			err = damagedObject(file)
		}
		found = append(found, cache.Finding{Kind: "object", Path: file, Err: err})
	}
	return found, len(used)
}

// ofFile returns the error if it is about that file.
func ofFile(err error, file string) error {
	var damaged *cache.DamagedError
	if errors.As(err, &damaged) && damaged.File != file {
		return nil
	}
	return err
}
