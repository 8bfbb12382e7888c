// Package oci is the source of kernels in images of containers: those of a registry, of an
// archive (docker save) and of a directory in OCI's layout. An image is pinned by the digest
// of its index, which covers everything below it.
package oci

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
	"github.com/bpflab/bpflab/vms/lease"
)

// Files keeps copies of files by their digest. The store implements it.
type Files interface {
	AddBlob(ctx context.Context, name string) (kernel.File, error)
	BlobPath(file kernel.File) string
	CheckBlob(file kernel.File) error
}

// Source is the kernels in images.
type Source struct{ files Files }

// New returns the source. It contacts nobody.
func New(files Files) *Source { return &Source{files} }

// Name returns "oci".
func (*Source) Name() string { return kernel.OCI }

// Tracks returns nothing: registries have no list of kernels.
func (*Source) Tracks() []string { return nil }

// Mirror returns "": there is no one registry.
func (*Source) Mirror() string { return "" }

// platform is that of the images, among those of an index.
var platform = v1.Platform{OS: "linux", Architecture: "amd64"}

// Claim takes oci:REF, oci:REF@DIGEST, and oci:PATH of an archive or a directory, which begins
// with . or /.
func (*Source) Claim(selector string) (track string, ours bool, err error) {
	track, ours = kernel.CutSource(selector, kernel.OCI)
	if !ours || onDisk(track) {
		return track, ours, nil
	}
	if _, err := parse(track); err != nil {
		return "", true, &kernel.SelectorError{Selector: selector, Problem: "names no image: " + err.Error() + "; an archive is oci:./FILE"}
	}
	return track, true, nil
}

func onDisk(track string) bool { return strings.HasPrefix(track, ".") || strings.HasPrefix(track, "/") }

// List returns the kernel of an image. A search finds none.
func (s *Source) List(ctx context.Context, want kernel.Want) (refs []kernel.Ref, notes []string, err error) {
	if want.Track == "" {
		return nil, nil, nil
	}
	open := fromRegistry
	if onDisk(want.Track) {
		open = fromDisk
	}
	file, _, err := open(ctx, want.Track, "")
	if err != nil {
		return nil, nil, err
	}
	version, _ := kernel.ParseVersion(file.Version) // not every tag is one; unpacking shows it
	return []kernel.Ref{{Source: kernel.OCI, Track: want.Track, Version: version, Files: []kernel.File{file}}}, nil, nil
}

// Fetch brings the layers of an image into the store and returns their paths, the lowest
// first.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	open := fromRegistry
	if onDisk(ref.Track) {
		open = fromDisk
	}
	was := ref.Package()
	file, image, err := open(ctx, ref.Track, was.SHA256)
	if err != nil {
		return nil, err
	}
	if file.SHA256 != was.SHA256 {
		return nil, fmt.Errorf("%s has another digest now: %w", ref.Track, kernel.ErrGone)
	}
	layers, err := image.Layers()
	if err != nil {
		return nil, unavailable(ref.Track, err)
	}
	var paths []string
	for _, layer := range layers {
		path, err := s.layer(ctx, layer)
		if err != nil {
			return nil, unavailable(ref.Track, err)
		}
		paths = append(paths, path)
	}
	return paths, nil
}

// layer returns the path of a layer in the store, fetched if it is not there.
func (s *Source) layer(ctx context.Context, layer v1.Layer) (string, error) {
	digest, err := layer.Digest()
	if err != nil {
		return "", err
	}
	size, err := layer.Size()
	if err != nil {
		return "", err
	}
	file := kernel.File{Path: digest.String(), Size: size, SHA256: digest.Hex}
	if size > maxLayer {
		return "", fmt.Errorf("layer %s has %d bytes: %w", digest, size, errTooLarge)
	}
	if s.files.CheckBlob(file) == nil {
		return s.files.BlobPath(file), nil
	}
	content, err := layer.Compressed()
	if err != nil {
		return "", err
	}
	defer content.Close()
	added, err := s.add(ctx, content, size)
	if err == nil && added.SHA256 != digest.Hex {
		err = fmt.Errorf("layer %s came with the digest %s", digest, added.SHA256)
	}
	return s.files.BlobPath(file), err
}

// maxLayer bounds one layer, packed; 4 GiB unpacked is the bound of all archives.
const maxLayer = 2 << 30

var errTooLarge = errors.New("more than a kernel's image has")

// add copies a layer to the store.
func (s *Source) add(ctx context.Context, content io.Reader, size int64) (kernel.File, error) {
	tmp, err := lease.CreateTemp("", lease.Prefix+"layer-")
	if err != nil {
		return kernel.File{}, err
	}
	defer os.Remove(tmp.Name())
	n, err := io.Copy(tmp, io.LimitReader(content, size+1))
	if err == nil && n != size {
		err = fmt.Errorf("a layer of %d bytes came with another length", size)
	}
	if err := cmp.Or(err, tmp.Close()); err != nil {
		return kernel.File{}, err
	}
	return s.files.AddBlob(ctx, tmp.Name())
}

// Unpack lays the kernel out in dir.
func (s *Source) Unpack(ctx context.Context, _ kernel.Ref, layers []string, dir string) (kernel.Image, error) {
	return unpack.Layers(ctx, layers, dir)
}
