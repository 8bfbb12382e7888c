package bundle

import (
	"os"
	"path/filepath"
	"strings"
)

// systems are directories whose files a command means to be the machine's.
var systems = []string{"/proc", "/sys", "/dev", "/run", "/etc", "/boot"}

// Arguments adds the regular files that arguments name, also after a "=". A test
// binary's arguments name what it writes, and it is its package that it reads.
func (f *Files) Arguments(args []string) error {
	for _, arg := range args {
		if strings.HasPrefix(arg, "-test.") {
			continue
		}
		if _, value, ok := strings.Cut(arg, "="); ok && strings.HasPrefix(arg, "-") {
			arg = value
		}
		abs, err := filepath.Abs(arg)
		if err != nil {
			return err
		}
		info, err := os.Stat(abs)
		if err != nil || !info.Mode().IsRegular() || below(abs, systems) || f.Has(abs) {
			continue
		}
		if err := f.argument(abs, info.Mode()); err != nil {
			return err
		}
	}
	return nil
}

// argument adds a file: as a program where it is one that may need libraries. One
// whose libraries are missing may be there to be read.
func (f *Files) argument(path string, mode os.FileMode) error {
	if mode&0o111 != 0 && f.Program(path) == nil {
		return nil
	}
	return f.Add(path)
}

func below(path string, dirs []string) bool {
	for _, d := range dirs {
		if strings.HasPrefix(path, d+"/") {
			return true
		}
	}
	return false
}

// outputs are the flags of a Go test binary that name a file to write.
var outputs = []string{"coverprofile", "cpuprofile", "memprofile", "blockprofile", "mutexprofile", "trace"}

// Output is a file that a command writes, or a directory that it fills, and the
// directory of this host where it or its content belongs.
type Output struct{ Path, To string }

// TestOutputs returns what a Go test binary is asked to write; see `go help testflag`.
func TestOutputs(argv []string) []Output {
	var files []Output
	values := map[string]string{}
	for _, arg := range argv {
		if name, value, ok := strings.Cut(strings.TrimPrefix(arg, "-test."), "="); ok && strings.HasPrefix(arg, "-test.") && value != "" {
			values[name] = value
		}
	}
	for _, name := range outputs {
		file := values[name]
		if file == "" {
			continue
		}
		if !filepath.IsAbs(file) {
			file = filepath.Join(values["outputdir"], file)
		}
		if abs, err := filepath.Abs(file); err == nil {
			files = append(files, Output{abs, filepath.Dir(abs)})
		}
	}
	if dir := values["gocoverdir"]; dir != "" {
		files = append(files, Output{dir, dir})
	}
	return files
}
