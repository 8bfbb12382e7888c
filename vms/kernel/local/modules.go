package local

import (
	"fmt"
	"os"
	"path/filepath"
)

// Modules finds the modules of a release: dir itself (…/lib/modules/RELEASE),
// dir/RELEASE, dir/lib/modules/RELEASE or dir/usr/lib/modules/RELEASE. Errors
// are *Error.
func Modules(dir, release string) (string, error) {
	candidates := []string{
		filepath.Join(dir, release),
		filepath.Join(dir, "lib/modules", release),
		filepath.Join(dir, "usr/lib/modules", release),
	}
	absolute, err := filepath.Abs(dir)
	if err != nil {
		return "", &Error{dir, err}
	}
	if filepath.Base(absolute) == release {
		candidates = append(candidates, absolute)
	}
	for _, c := range candidates {
		if info, err := os.Stat(c); err == nil && info.IsDir() {
			return c, nil
		}
	}
	return "", &Error{dir, fmt.Errorf("no modules of %s: want lib/modules/%s, or a directory that holds it", release, release)}
}
