package guest

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/wire"
)

// unpack stores the files of an archive, in place of what is there. A file cut
// short is removed.
func (a *agent) unpack(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Unpack
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	if err := a.roots.prepare(args.Root); err != nil {
		return nil, err
	}
	for r := tar.NewReader(req.Data()); ; {
		h, err := r.Next()
		if err == io.EOF {
			_, err = io.Copy(io.Discard, req.Data()) // the padding after the archive's end
			return nil, err
		}
		if err != nil {
			return nil, err
		}
		path := filepath.Join("/", args.Root, h.Name)
		err = store(path, h, r)
		if errors.Is(err, unix.EROFS) && same(path, h) {
			err = nil // the host's own, in a machine that is a process on it
		}
		if err != nil {
			return nil, err
		}
	}
}

// same reports whether a file is there already, as far as its kind and size say.
func same(path string, h *tar.Header) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() == (h.Typeflag == tar.TypeDir) && (info.IsDir() || info.Size() == h.Size)
}

func store(path string, h *tar.Header, content io.Reader) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	mode := h.FileInfo().Mode()
	if h.Typeflag == tar.TypeDir {
		return makeDir(path, mode)
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	switch h.Typeflag {
	case tar.TypeSymlink:
		return os.Symlink(h.Linkname, path)
	case tar.TypeReg:
		return writeFile(path, mode, content)
	}
	return fmt.Errorf("%s is neither file, directory nor link", h.Name)
}

func makeDir(path string, mode fs.FileMode) error {
	if err := os.Mkdir(path, mode.Perm()); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func writeFile(path string, mode fs.FileMode, content io.Reader) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode.Perm())
	if err != nil {
		return err
	}
	_, err = io.Copy(f, content)
	if err = errors.Join(err, f.Close()); err != nil {
		os.Remove(path)
	}
	return err
}

// pack sends a file, or all below a directory.
func (a *agent) pack(_ context.Context, req *wire.Request) (any, error) {
	var args wire.Pack
	if err := req.Decode(&args); err != nil {
		return nil, err
	}
	w := tar.NewWriter(req.Output(wire.Stdout))
	root := filepath.Join("/", args.Root, args.Path)
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return packOne(w, root, path, d)
	})
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return nil, errors.Join(err, w.Close())
}

// packOne adds a file as long as it was when it was looked at; sockets and devices
// are left out.
func packOne(w *tar.Writer, root, path string, d fs.DirEntry) error {
	name, err := filepath.Rel(root, path)
	if err != nil {
		return err
	}
	if name == "." {
		if d.IsDir() {
			return nil
		}
		name = filepath.Base(root)
	}
	info, err := d.Info()
	if err != nil {
		return err
	}
	link := ""
	if info.Mode().Type() == fs.ModeSymlink {
		if link, err = os.Readlink(path); err != nil {
			return err
		}
	} else if !info.IsDir() && !info.Mode().IsRegular() {
		return nil
	}
	h, err := tar.FileInfoHeader(info, link)
	if err != nil {
		return err
	}
	h.Name = name
	if err := w.WriteHeader(h); err != nil || !info.Mode().IsRegular() {
		return err
	}
	return packContent(w, path, info.Size())
}

func packContent(w io.Writer, path string, size int64) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.CopyN(w, f, size)
	return err
}
