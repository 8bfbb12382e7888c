// Package busybox keeps the busyboxes of machines of other architectures than the host's, whose
// packages cannot be installed here: a program for each package, with its sum.
package busybox

import (
	"archive/tar"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel/deb"
)

// suffix ends the names of programs.
const suffix = "-busybox"

// maxProgram bounds a program, in bytes. Debian's have 2 MB.
const maxProgram = 32 << 20

// Dir is the directory of the programs.
type Dir string

// Kept returns the program of the package with a digest; ok is false if it is not there, or not
// what was written.
func (d Dir) Kept(digest string) (file string, ok bool) {
	file = d.file(digest)
	var check cache.Checker
	if check.CheckFile(file) != nil {
		return file, false
	}
	cache.Touch(file)
	return file, true
}

func (d Dir) file(digest string) string { return filepath.Join(string(d), digest[:16]+suffix) }

// Unpack keeps the program of a package, whose digest was checked. Errors name the package.
func (d Dir) Unpack(ctx context.Context, pkg, digest string) (string, error) {
	program, err := read(ctx, pkg)
	if err != nil {
		return "", err
	}
	file := d.file(digest)
	return file, cache.WriteProgram(file, program)
}

// places are where a package has its program: since Debian 13 the latter.
var places = map[string]bool{"bin/busybox": true, "usr/bin/busybox": true}

func read(ctx context.Context, pkg string) ([]byte, error) {
	var program bytes.Buffer
	err := deb.Walk(ctx, pkg, func(h *tar.Header, content io.Reader) error {
		if !places[h.Name] || h.Typeflag != tar.TypeReg {
			return nil
		}
		if h.Size > maxProgram {
			return fmt.Errorf("%s has %d bytes", h.Name, h.Size)
		}
		program.Reset()
		_, err := io.Copy(&program, content)
		return err
	})
	if err == nil && program.Len() == 0 {
		err = fmt.Errorf("package %s has no busybox", pkg)
	}
	return program.Bytes(), err
}

// Prune removes the programs that nobody has used for that long, which are unpacked again when
// they are needed, and what dead processes left.
func (d Dir) Prune(unused time.Duration, now time.Time) error {
	cache.Sweep(string(d), now)
	var errs []error
	for _, file := range cache.Files(string(d), suffix) {
		if now.Sub(cache.Used(file)) > unused {
			errs = append(errs, cache.Remove(file))
		}
	}
	return errors.Join(append(errs, cache.RemoveLoneSums(string(d)))...)
}

// Verify checks every program and returns those that are damaged, and how many are sound.
func (d Dir) Verify() (bad []cache.Finding, sound int) {
	var check cache.Checker
	return check.VerifyFiles("busybox", string(d), suffix)
}
