package lease

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// errNoExec is a file system that is mounted noexec.
var errNoExec = errors.New("programs cannot be run there, it is mounted noexec")

// MkdirExec makes a folder as MkdirTemp does, where programs can be run: among the system's
// temporary files, else below the first of others where that is so. note says why it is not
// among the temporary files, "" if it is.
func MkdirExec(prefix string, others ...string) (path, note string, remove func(), err error) {
	path, remove, err = mkdirExec("", prefix)
	if err == nil {
		return path, "", remove, nil
	}
	for _, dir := range others {
		if os.MkdirAll(dir, 0o755) != nil {
			continue
		}
		if path, remove, other := mkdirExec(dir, prefix); other == nil {
			var short *fs.PathError // without what to do
			if errors.As(err, &short) {
				err = short.Err
			}
			return path, fmt.Sprintf("%s: %v; using %s instead (TMPDIR can name another)", os.TempDir(), err, dir), remove, nil
		}
	}
	return "", "", nil, fmt.Errorf("%s: %w; set TMPDIR to a directory where they can", os.TempDir(), err)
}

func mkdirExec(dir, prefix string) (path string, remove func(), err error) {
	path, remove, err = MkdirTemp(dir, prefix)
	if err != nil {
		return "", nil, err
	}
	program := filepath.Join(path, ".exec")
	if err = os.WriteFile(program, nil, 0o700); err == nil && !MayExec(program) {
		err = errNoExec
	}
	if err != nil {
		remove()
		return "", nil, err
	}
	return path, remove, os.Remove(program)
}
