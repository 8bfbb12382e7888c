package unpack

import (
	"context"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Tree lays out an image with its configuration and the modules of its release, which are
// files by their names below lib/modules/RELEASE.
func Tree(ctx context.Context, image, configuration, release string, files map[string]string, dir string) (kernel.Image, error) {
	if err := copyFile(image, filepath.Join(dir, vmlinuz)); err != nil {
		return kernel.Image{}, err
	}
	if err := copyFile(configuration, filepath.Join(dir, config)); err != nil {
		return kernel.Image{}, err
	}
	for name, file := range files {
		if err := ctx.Err(); err != nil {
			return kernel.Image{}, err
		}
		to := filepath.Join(dir, modules, release, name)
		if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
			return kernel.Image{}, err
		}
		if err := copyFile(file, to); err != nil {
			return kernel.Image{}, err
		}
	}
	return finish(dir)
}
