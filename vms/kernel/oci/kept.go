package oci

import (
	"bytes"
	"context"
	"os"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/bpflab/bpflab/vms/kernel"
)

// kept returns the paths of an image as Fetch does, if all of it is here. Each file is found
// by the digest that another one has of it.
func (s *Source) kept(ctx context.Context, file kernel.File) ([]string, bool) {
	path, ok := s.files.Kept(ctx, file)
	if !ok {
		return nil, false
	}
	paths := []string{path}
	if index, ok := readIndex(path); ok {
		one, ok := forPlatform(index)
		if !ok {
			return nil, false
		}
		if path, ok = s.files.Kept(ctx, fileOf(one)); !ok {
			return nil, false
		}
		paths = append(paths, path)
	}
	manifest, ok := readManifest(path)
	if !ok {
		return nil, false
	}
	for _, layer := range manifest.Layers {
		path, ok := s.files.Kept(ctx, fileOf(layer))
		if !ok {
			return nil, false
		}
		paths = append(paths, path)
	}
	return paths, true
}

// fileOf returns what a descriptor promises as a file of the store.
func fileOf(d v1.Descriptor) kernel.File {
	return kernel.File{Package: d.Digest.Hex, Path: d.Digest.Hex, Size: d.Size, SHA256: d.Digest.Hex}
}

// readIndex reads an index, and reports whether the file is one.
func readIndex(path string) (*v1.IndexManifest, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(text))
	return index, err == nil && len(index.Manifests) > 0
}

// readManifest reads the manifest of an image, and reports whether the file is one.
func readManifest(path string) (*v1.Manifest, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, false
	}
	manifest, err := v1.ParseManifest(bytes.NewReader(text))
	return manifest, err == nil && len(manifest.Layers) > 0
}
