package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/download"
)

// ErrDigest is a file whose content is not what its digest promises.
var ErrDigest = errors.New("SHA-256 does not match")

// Blob returns the path of the file, downloading it from url unless it is
// there already. Only one of many callers downloads. What is returned has the
// size and SHA-256 of file; anything else is ErrDigest, download.ErrLength,
// kernel.ErrGone or an error of disk or network, and leaves nothing behind.
func (s *Store) Blob(ctx context.Context, file kernel.File, url string) (string, error) {
	if err := file.Check(); err != nil {
		return "", err
	}
	if s.CheckBlob(file) == nil {
		return s.BlobPath(file), nil
	}
	unlock, err := s.lock(ctx, file.SHA256)
	if err != nil {
		return "", err
	}
	defer unlock()
	switch err := s.CheckBlob(file); {
	case err == nil: // made while this one waited
		return s.BlobPath(file), nil
	case !errors.Is(err, os.ErrNotExist):
		s.progress.Note(err.Error() + "; it is fetched again")
	}
	if copied, err := s.fromPackages(file); copied || err != nil {
		return s.BlobPath(file), err
	}
	return s.BlobPath(file), s.download(ctx, file, url)
}

// Kept returns the path of the file if it is in the store, or in the directory of packages,
// from which it is copied. It downloads nothing.
func (s *Store) Kept(ctx context.Context, file kernel.File) (string, bool) {
	if file.Check() != nil {
		return "", false
	}
	if s.CheckBlob(file) == nil {
		return s.BlobPath(file), true
	}
	unlock, err := s.lock(ctx, file.SHA256)
	if err != nil {
		return "", false
	}
	defer unlock()
	copied, err := s.fromPackages(file)
	return s.BlobPath(file), copied && err == nil
}

// fromPackages takes the file from the directory of packages, and reports whether it was
// there. One that is damaged is as good as none, and noted.
func (s *Store) fromPackages(file kernel.File) (bool, error) {
	if s.packages == "" {
		return false, nil
	}
	path := filepath.Join(s.packages, file.SHA256)
	switch err := s.checker.Check(path, cache.Sum{Size: file.Size, SHA256: file.SHA256}); {
	case errors.Is(err, os.ErrNotExist):
		return false, nil
	case err != nil:
		s.progress.Note(err.Error() + "; it is fetched instead")
		return false, nil
	}
	dir, discard, err := s.temp()
	if err != nil {
		return false, err
	}
	defer discard()
	copied := filepath.Join(dir, "blob")
	if _, err := copyHashing(path, copied); err != nil {
		return false, err
	}
	if err := verify(copied, file); err != nil {
		return false, err
	}
	return true, s.placeBlob(copied, file)
}

// CopyFile copies a file to another name, whole or not at all.
func CopyFile(from, to string) error {
	partial := to + ".partial"
	if _, err := copyHashing(from, partial); err != nil {
		_ = os.Remove(partial)
		return err
	}
	return os.Rename(partial, to)
}

// Document downloads a small file without keeping it.
func (s *Store) Document(ctx context.Context, url string, limit int64) ([]byte, error) {
	return s.client.Document(ctx, url, limit)
}

// Length asks how long the file at url is.
func (s *Store) Length(ctx context.Context, url string) (int64, error) {
	return s.client.Length(ctx, url)
}

// Reach returns an error unless the server of url answers.
func (s *Store) Reach(ctx context.Context, url string) error { return s.client.Reach(ctx, url) }

// Drop removes the file from the store; it may be absent.
func (s *Store) Drop(file kernel.File) error { return os.RemoveAll(s.BlobPath(file)) }

// AddBlob copies the file at name into the store and returns it with size and
// digest; Package and Path are its base name.
func (s *Store) AddBlob(ctx context.Context, name string) (kernel.File, error) {
	dir, discard, err := s.temp()
	if err != nil {
		return kernel.File{}, err
	}
	defer discard()
	copied := filepath.Join(dir, "blob")
	file, err := copyHashing(name, copied)
	if err != nil {
		return kernel.File{}, err
	}
	return file, s.placeBlob(copied, file)
}

// BlobPath returns where the file lies if it is in the store.
func (s *Store) BlobPath(file kernel.File) string { return filepath.Join(s.root, "blobs", file.SHA256) }

// CheckBlob reads the file and returns a *cache.DamagedError unless it is in the store and
// has the size and the digest that it must have.
func (s *Store) CheckBlob(file kernel.File) error {
	return s.checker.Check(s.BlobPath(file), cache.Sum{Size: file.Size, SHA256: file.SHA256})
}

// download fetches into partial; the caller holds the file's lock. What an
// earlier process left there is continued, and thrown away if it was wrong.
func (s *Store) download(ctx context.Context, file kernel.File, url string) error {
	partial, err := s.path("partial", file.SHA256)
	if err != nil {
		return err
	}
	resumed, err := resumable(partial)
	if err != nil {
		return err
	}
	err = s.downloadTo(ctx, partial, file, url)
	if resumed && isWrong(err) {
		err = s.downloadTo(ctx, partial, file, url)
	}
	return err
}

// resumable reports whether there is a file to continue. Anything else in its place, and
// what another user could have put there, is removed.
func resumable(partial string) (bool, error) {
	err := cache.Inspect(partial, -1)
	if err == nil {
		return true, nil
	}
	return false, os.RemoveAll(partial)
}

func (s *Store) downloadTo(ctx context.Context, partial string, file kernel.File, url string) error {
	err := s.fill(ctx, partial, file, url)
	if err == nil {
		err = verify(partial, file)
	}
	if err == nil {
		err = s.placeBlob(partial, file)
	}
	if err != nil && !continues(partial, err) {
		_ = os.Remove(partial)
	}
	return err
}

// continues reports whether the next download, perhaps from another mirror, can go on
// where this one ended: it was stopped, or its mirror failed.
func continues(partial string, err error) bool {
	info, statErr := os.Stat(partial)
	if statErr != nil || info.Size() == 0 || isWrong(err) {
		return false
	}
	return errors.Is(err, context.Canceled) || errors.As(err, new(*kernel.UnavailableError))
}

func (s *Store) fill(ctx context.Context, partial string, file kernel.File, url string) error {
	f, err := os.OpenFile(partial, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return cache.Explain(err)
	}
	defer f.Close()
	name := path.Base(file.Path)
	err = s.client.File(ctx, url, f, file.Size, func(have int64) { s.progress.Bytes(name, have, file.Size) })
	return cache.Explain(err)
}

func (s *Store) placeBlob(from string, file kernel.File) error {
	if err := os.Chmod(from, 0o444); err != nil {
		return err
	}
	if err := flush(from); err != nil {
		return err
	}
	return place(from, s.BlobPath(file))
}

// verify hashes the whole file, also what an earlier process wrote.
func verify(name string, want kernel.File) error {
	got, err := cache.SumFile(name)
	switch {
	case err != nil:
		return err
	case got.Size != want.Size:
		return fmt.Errorf("%s: %w: %d bytes instead of %d", want.Path, ErrDigest, got.Size, want.Size)
	case got.SHA256 != want.SHA256:
		return fmt.Errorf("%s: %w: got %s, want %s; the mirror or something before it changes files", want.Path, ErrDigest, got.SHA256, want.SHA256)
	}
	return nil
}

func copyHashing(from, to string) (kernel.File, error) {
	in, err := os.Open(from)
	if err != nil {
		return kernel.File{}, err
	}
	defer in.Close()
	out, err := os.Create(to)
	if err != nil {
		return kernel.File{}, cache.Explain(err)
	}
	h := sha256.New()
	size, err := io.Copy(io.MultiWriter(h, out), in)
	if err = errors.Join(err, out.Close()); err != nil {
		return kernel.File{}, cache.Explain(err)
	}
	base := filepath.Base(from)
	return kernel.File{Package: base, Path: base, Size: size, SHA256: hex.EncodeToString(h.Sum(nil))}, nil
}

// isWrong reports whether the content is at fault, not the way it came.
func isWrong(err error) bool {
	return errors.Is(err, ErrDigest) || errors.Is(err, download.ErrLength)
}
