// Package rootfs makes the root file system that --rootfs names, of Debian packages, of a
// tar archive or of a directory: a cpio archive that a kernel unpacks when it boots, all
// of it below Root. Packages are unpacked, not installed: none of their scripts runs.
package rootfs

import (
	"archive/tar"
	"bufio"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
	"github.com/xi2/xz"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel/deb"
)

// Root is the directory in a machine that the root file system is unpacked to.
const Root = "/userland"

// Cache keeps archives in a directory, each named by the digest of what it is made of.
// An archive is read and checked before it is returned; one that is damaged is made
// again.
type Cache struct {
	Dir  string
	Note func(string) // receives a sentence about each damaged archive; nil for nobody
}

// FromDebs returns the archive of Debian packages, whose digests are given; fetch
// brings their files when they are needed.
func (c Cache) FromDebs(ctx context.Context, digests []string, fetch func() ([]string, error)) (string, error) {
	return c.file(digests, func(a *archive) error {
		debs, err := fetch()
		if err != nil {
			return err
		}
		for _, dir := range merged {
			if err := a.link(dir, "usr/"+dir); err != nil {
				return err
			}
		}
		for _, d := range debs {
			if err := deb.Walk(ctx, d, a.add); err != nil {
				return err
			}
		}
		return nil
	})
}

// merged are the directories that are links to those of /usr in Debian from 12 on.
var merged = []string{"bin", "lib", "lib64", "sbin"}

// FromTar returns the archive of a tar file, which may be compressed with gzip, xz or
// zstd.
func (c Cache) FromTar(name string) (string, error) {
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", err
	}
	return c.file([]string{"tar", hex.EncodeToString(sum.Sum(nil))}, func(a *archive) error {
		if _, err := f.Seek(0, io.SeekStart); err != nil {
			return err
		}
		plain, err := uncompressed(bufio.NewReaderSize(f, 1<<18))
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		for r := tar.NewReader(plain); ; {
			h, err := r.Next()
			if err == io.EOF {
				return nil
			}
			if err == nil {
				h.Name = strings.TrimPrefix(path.Clean("/"+h.Name), "/")
				err = a.add(h, r)
			}
			if err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	})
}

func uncompressed(r *bufio.Reader) (io.Reader, error) {
	magic, _ := r.Peek(6)
	switch {
	case strings.HasPrefix(string(magic), "\x1f\x8b"):
		return gzip.NewReader(r)
	case string(magic) == "\xfd7zXZ\x00":
		return xz.NewReader(r, 0)
	case strings.HasPrefix(string(magic), "\x28\xb5\x2f\xfd"):
		return zstd.NewReader(r)
	}
	return r, nil
}

// FromDir returns the archive of a directory, without its sockets and devices. Files that
// only their owner's process could read are an error.
func (c Cache) FromDir(dir string) (string, error) {
	key := []string{"dir", dir}
	err := walkDir(dir, func(name string, info fs.FileInfo, _ string) error {
		key = append(key, fmt.Sprint(name, info.Mode(), info.Size(), info.ModTime().UnixNano()))
		return nil
	})
	if err != nil {
		return "", err
	}
	return c.file(key, func(a *archive) error {
		return walkDir(dir, func(name string, info fs.FileInfo, link string) error {
			h, err := tar.FileInfoHeader(info, link)
			if err != nil {
				return err
			}
			h.Name = name
			if !info.Mode().IsRegular() {
				return a.add(h, nil)
			}
			f, err := os.Open(filepath.Join(dir, name))
			if err != nil {
				return err
			}
			defer f.Close()
			return a.add(h, f)
		})
	})
}

func walkDir(dir string, visit func(name string, info fs.FileInfo, link string) error) error {
	return filepath.WalkDir(dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || at == dir {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, at)
		if err != nil {
			return err
		}
		link := ""
		switch mode := info.Mode(); {
		case mode.Type() == fs.ModeSymlink:
			if link, err = os.Readlink(at); err != nil {
				return err
			}
		case !mode.IsRegular() && !mode.IsDir():
			return nil
		}
		return visit(name, info, link)
	})
}

// format is part of every key; it changes when the same inputs make another archive.
const format = "2"

const suffix = ".cpio"

// file returns the archive of what the key stands for, made if it is not there.
func (c Cache) file(key []string, fill func(*archive) error) (string, error) {
	sum := sha256.Sum256([]byte(format + "\n" + strings.Join(key, "\n")))
	name := filepath.Join(c.Dir, hex.EncodeToString(sum[:])+suffix)
	if c.isSound(name) {
		return name, nil
	}
	return name, cache.Create(name, func(w io.Writer) error {
		a, err := newArchive(w)
		if err != nil {
			return err
		}
		if err := fill(a); err != nil {
			return err
		}
		return a.close()
	})
}

// isSound reports whether the archive is there and what was written. One that is
// damaged is noted.
func (c Cache) isSound(name string) bool {
	var checker cache.Checker
	err := checker.CheckFile(name)
	if err != nil && !errors.Is(err, fs.ErrNotExist) && c.Note != nil {
		c.Note(err.Error() + "; it is made again")
	}
	return err == nil
}
