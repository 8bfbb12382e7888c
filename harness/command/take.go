package command

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/harness/session"
	"github.com/bpflab/bpflab/vms/wire"
)

// Limits of what comes out of a machine.
const (
	maxTaken = 8 << 30 // bytes
	maxFiles = 100_000
)

// Take copies a file of the machine, or all files below a directory, into the directory
// dir of this host, which it creates if there are any, and returns how many it copied.
// Nothing is written outside dir: names and links that lead out of it are left out, and
// the error names them. A path that does not exist in the machine is no error.
func Take(ctx context.Context, s *session.Session, root, path, dir string) (int, error) {
	r, w := io.Pipe()
	go func() {
		w.CloseWithError(s.Call(ctx, wire.OpPack, wire.Pack{Root: root, Path: path}, nil, wire.IO{Stdout: w}))
	}()
	n, err := extract(tar.NewReader(io.LimitReader(r, maxTaken)), dir)
	io.Copy(io.Discard, r) // or the machine's writer would wait
	if err != nil {
		return n, fmt.Errorf("bring %s back: %w", path, err)
	}
	return n, nil
}

// extract stores an archive that a machine has sent, which is not trusted.
func extract(archive *tar.Reader, dir string) (n int, err error) {
	var root *os.Root
	var outside []error
	for ; ; n++ {
		h, err := archive.Next()
		if err == io.EOF {
			return n - len(outside), errors.Join(outside...)
		}
		if err != nil {
			return n, err
		}
		if n == maxFiles {
			return n, fmt.Errorf("more than %d files", maxFiles)
		}
		if root == nil {
			if root, err = openDir(dir); err != nil {
				return n, err
			}
			defer root.Close()
		}
		err = storeTaken(root, h, archive)
		if errors.Is(err, errOutside) {
			outside = append(outside, fmt.Errorf("%q: %w", h.Name, err))
			continue
		}
		if err != nil {
			return n, fmt.Errorf("%q: %w", h.Name, err)
		}
	}
}

func openDir(dir string) (*os.Root, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	return os.OpenRoot(dir)
}

var errOutside = errors.New("leads out of the directory")

func storeTaken(root *os.Root, h *tar.Header, content io.Reader) error {
	name := filepath.FromSlash(h.Name)
	if !filepath.IsLocal(name) {
		return errOutside
	}
	if err := root.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	switch h.Typeflag {
	case tar.TypeDir:
		return root.MkdirAll(name, 0o755)
	case tar.TypeSymlink:
		return storeLink(root, name, h.Linkname)
	case tar.TypeReg:
		return storeFile(root, name, fs.FileMode(h.Mode).Perm(), content)
	}
	return errors.New("neither file, directory nor link")
}

func storeLink(root *os.Root, name, target string) error {
	target = filepath.FromSlash(target)
	if filepath.IsAbs(target) || !filepath.IsLocal(filepath.Join(filepath.Dir(name), target)) {
		return fmt.Errorf("link to %q: %w", target, errOutside)
	}
	root.Remove(name)
	return root.Symlink(target, name)
}

func storeFile(root *os.Root, name string, mode fs.FileMode, content io.Reader) error {
	root.Remove(name) // a link in its place would be followed
	f, err := root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode|0o600)
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	return errors.Join(err, f.Close())
}
