package cache

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/lease"
)

// Create writes a file and its sum; fill writes the content. It replaces what is there,
// even a directory. On an error it leaves nothing behind.
func Create(file string, fill func(io.Writer) error) error {
	return createWithSum(file, 0o644, fill)
}

// WriteProgram creates an executable file as Create does, from content in memory.
func WriteProgram(file string, content []byte) error {
	return createWithSum(file, 0o755, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

func createWithSum(file string, mode fs.FileMode, fill func(io.Writer) error) error {
	return create(file, mode, func(temp *os.File) error {
		h := newHashing(temp)
		buffered := bufio.NewWriterSize(h, 256<<10)
		if err := fill(buffered); err != nil {
			return err
		}
		if err := errors.Join(buffered.Flush(), temp.Sync()); err != nil {
			return err
		}
		return Replace(file+sumSuffix, h.sum().Text())
	})
}

// Write creates a file as Create does, from content in memory.
func Write(file string, content []byte) error {
	return Create(file, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// Replace writes a file without a sum, whole or not at all.
func Replace(file string, content []byte) error {
	return create(file, 0o644, func(temp *os.File) error {
		_, err := temp.Write(content)
		return err
	})
}

func create(file string, mode fs.FileMode, fill func(*os.File) error) (err error) {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return Explain(err)
	}
	temp, err := lease.CreateTemp(filepath.Dir(file), tempPrefix)
	if err != nil {
		return Explain(err)
	}
	defer os.Remove(temp.Name()) // it is renamed if all went well
	defer temp.Close()           // and locked until then
	if err := errors.Join(fill(temp), temp.Chmod(mode)); err != nil {
		return wrap(file, err)
	}
	if err := clearDirectory(file); err != nil {
		return wrap(file, err)
	}
	return wrap(file, os.Rename(temp.Name(), file))
}

// wrap names the file that could not be written, because the operating system's error names
// the temporary one.
func wrap(file string, err error) error {
	if err == nil {
		return nil
	}
	if full := Explain(err); full != err {
		return fmt.Errorf("write %s: %w", file, full)
	}
	return err
}

// clearDirectory removes a directory from the place of a file, which a rename would not.
func clearDirectory(file string) error {
	info, err := os.Lstat(file)
	if err != nil || !info.IsDir() {
		return nil
	}
	return os.RemoveAll(file)
}

// tempPrefix begins the names of files that are being written; their owner's name follows
// (package lease), so that the next writer removes what a dead one left.
const tempPrefix = ".new-"

// Sweep removes the half-written files that dead processes left in a directory, also those
// of an older bpflab, by their age. What cannot be removed stays.
func Sweep(dir string, now time.Time) {
	lease.Sweep(dir, tempPrefix)
	entries, _ := os.ReadDir(dir) // none if it cannot be read
	for _, e := range entries {
		if info, err := e.Info(); err == nil && isOldTemp(e) && now.Sub(info.ModTime()) > time.Hour {
			os.Remove(filepath.Join(dir, e.Name()))
		}
	}
}

// isOldTemp reports whether a directory's entry is a half-written file of an older bpflab.
func isOldTemp(e fs.DirEntry) bool {
	for _, prefix := range []string{".archive-", ".userland-", ".tmp-"} {
		if strings.HasPrefix(e.Name(), prefix) {
			return e.Type().IsRegular()
		}
	}
	return false
}
