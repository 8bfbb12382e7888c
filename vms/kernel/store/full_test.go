package store

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/bpflab/bpflab/vms/cache/cachetest"
	"github.com/bpflab/bpflab/vms/kernel"
)

// Whatever the disk is too small for, the error names a file and what to do, and nothing
// half-written stays.
func TestDiskFull(t *testing.T) {
	big := filepath.Join(t.TempDir(), "big")
	if err := os.WriteFile(big, content, 0o644); err != nil {
		t.Fatal(err)
	}
	_, url := serve(t)
	for name, write := range map[string]func(ctx context.Context, s *Store) error{
		"package": func(ctx context.Context, s *Store) error {
			_, err := s.Blob(ctx, fileOf(content), url)
			return err
		},
		"import": func(ctx context.Context, s *Store) error {
			_, err := s.AddBlob(ctx, big)
			return err
		},
		"image": func(ctx context.Context, s *Store) error {
			_, err := s.Build(ctx, id, func(dir string) (kernel.Image, error) {
				return kernel.Image{Kernel: "vmlinuz"}, os.WriteFile(filepath.Join(dir, "vmlinuz"), content, 0o644)
			})
			return err
		},
		"state": func(ctx context.Context, s *Store) error { return s.WriteState(ctx, "x", content) },
		"record": func(ctx context.Context, s *Store) error {
			return s.SaveImport(ctx, kernel.Ref{Name: "mine", Release: string(content), Files: []kernel.File{fileOf(nil)}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := open(t, cachetest.SmallDisk(t, "100"))
			err := write(t.Context(), s)
			if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), s.Root()) || strings.Count(err.Error(), "BPFLAB_CACHE") != 1 {
				t.Errorf("got %v", err)
			}
			for _, left := range leftovers(t, s) {
				if !strings.HasSuffix(left, ".sum") { // the sum of a file that is not there says nothing
					t.Errorf("left behind: %q", left)
				}
			}
		})
	}
}
