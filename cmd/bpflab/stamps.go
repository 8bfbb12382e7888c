package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// stamp changes when a file is written. A file is taken to be complete when its stamp is
// the same twice.
type stamp struct {
	missing  bool
	size     int64
	modified time.Time
}

func stampOf(name string) stamp {
	info, err := os.Stat(name)
	if err != nil {
		return stamp{missing: true}
	}
	return stamp{size: info.Size(), modified: info.ModTime()}
}

// stamps are those of files, by their names. A file that is not there has none.
type stamps map[string]stamp

// stampsOf returns the stamps of files, of those that match patterns, and of all files below
// directories, but for hidden ones, copies of editors, and directories of packages of others.
func stampsOf(names []string) stamps {
	out := stamps{}
	for _, name := range names {
		found, err := filepath.Glob(name)
		if err != nil || len(found) == 0 {
			found = []string{name} // one with brackets in its name
		}
		for _, one := range found {
			out.add(one)
		}
	}
	return out
}

func (s stamps) add(name string) {
	info, err := os.Stat(name)
	switch {
	case err != nil:
	case !info.IsDir():
		s[filepath.Clean(name)] = stamp{size: info.Size(), modified: info.ModTime()}
	default:
		filepath.WalkDir(name, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil: // it was removed meanwhile, or is not for this user
			case entry.IsDir() && path != name && isForeign(entry.Name()):
				return fs.SkipDir
			case !entry.IsDir() && !isEditors(entry.Name()):
				if one := stampOf(path); !one.missing {
					s[filepath.Clean(path)] = one
				}
			}
			return nil
		})
	}
}

// isForeign reports whether a directory has files that nobody edits.
func isForeign(name string) bool {
	return strings.HasPrefix(name, ".") || name == "node_modules" || name == "__pycache__"
}

// isEditors reports whether a file is an editor's own: hidden ones, "a.c~" of vi and
// Emacs, "#a.c#" of Emacs, which saves there by itself, and "4913", by which vi looks
// whether it may write.
func isEditors(name string) bool {
	return strings.HasPrefix(name, ".") || strings.HasSuffix(name, "~") || strings.HasPrefix(name, "#") && strings.HasSuffix(name, "#") || name == "4913"
}

// since returns the names of files that were changed, made or removed since earlier stamps,
// sorted.
func (s stamps) since(before stamps) (changed []string) {
	for name, one := range s {
		if before[name] != one {
			changed = append(changed, name)
		}
	}
	for name := range before {
		if _, there := s[name]; !there {
			changed = append(changed, name)
		}
	}
	slices.Sort(changed)
	return changed
}
