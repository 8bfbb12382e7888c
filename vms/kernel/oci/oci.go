// Package oci is the source of kernels in images of containers: those of a registry, of an
// archive (docker save) and of a directory in OCI's layout. An image is pinned by the digest
// of its index, which covers everything below it.
package oci

import (
	"bytes"
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
	// Kept returns the path of a file that is here, without downloading it.
	Kept(ctx context.Context, file kernel.File) (path string, ok bool)
}

// Source is the kernels in images.
type Source struct {
	files Files
	keys  []Key
}

// New returns the source. It contacts nobody. Where there are keys, one of them must have signed
// each image of a registry.
func New(files Files, keys ...Key) *Source { return &Source{files, keys} }

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
	found, err := open(ctx, want.Track, "")
	if err != nil {
		return nil, nil, err
	}
	signer, err := s.vouched(ctx, want.Track, found.file.SHA256)
	if err != nil {
		return nil, nil, err
	}
	version, _ := kernel.ParseVersion(found.file.Version) // not every tag is one; unpacking shows it
	return []kernel.Ref{{Source: kernel.OCI, Track: want.Track, Version: version, Signer: signer, Files: []kernel.File{found.file}}}, nil, nil
}

// vouched returns the fingerprint of the key that has signed an image, "" if none is asked for.
func (s *Source) vouched(ctx context.Context, track, digest string) (string, error) {
	if len(s.keys) == 0 || onDisk(track) {
		return "", nil
	}
	ref, err := parse(track)
	if err != nil {
		return "", err
	}
	key, err := signer(ctx, ref.Context(), v1.Hash{Algorithm: "sha256", Hex: digest}, s.keys)
	if err != nil {
		return "", unavailable(track, err)
	}
	return key.Fingerprint, nil
}

// open opens an image where its name says it is. A digest in hex is the one that is wanted.
func open(ctx context.Context, track, digest string) (opened, error) {
	if onDisk(track) {
		return fromDisk(track)
	}
	return fromRegistry(ctx, track, digest)
}

// Fetch brings an image into the store and returns its paths: the index, if the image is of
// one, the manifest, and the layers, the lowest first. If all of it is there, nobody is
// contacted.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	was := ref.Package()
	if paths, ok := s.kept(ctx, was); ok {
		return paths, nil
	}
	found, err := open(ctx, ref.Track, was.SHA256)
	if err != nil {
		return nil, err
	}
	if found.file.SHA256 != was.SHA256 {
		return nil, fmt.Errorf("%s has another digest now: %w", ref.Track, kernel.ErrGone)
	}
	paths, err := s.fetch(ctx, found)
	if err != nil {
		return nil, unavailable(ref.Track, err)
	}
	return paths, nil
}

func (s *Source) fetch(ctx context.Context, found opened) ([]string, error) {
	manifest, err := found.image.RawManifest()
	if err != nil {
		return nil, err
	}
	documents := [][]byte{found.raw}
	if !bytes.Equal(manifest, found.raw) {
		documents = append(documents, manifest)
	}
	var paths []string
	for _, text := range documents {
		file, err := s.add(ctx, bytes.NewReader(text), int64(len(text)))
		if err != nil {
			return nil, err
		}
		paths = append(paths, s.files.BlobPath(file))
	}
	layers, err := found.image.Layers()
	if err != nil {
		return nil, err
	}
	for _, layer := range layers {
		path, err := s.layer(ctx, layer)
		if err != nil {
			return nil, err
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
	if size > maxLayer {
		return "", fmt.Errorf("layer %s has %d bytes: %w", digest, size, errTooLarge)
	}
	file := fileOf(v1.Descriptor{Digest: digest, Size: size})
	if err := file.Check(); err != nil {
		return "", fmt.Errorf("layer %s: %w", digest, err)
	}
	if path, ok := s.files.Kept(ctx, file); ok {
		return path, nil
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

// Unpack lays the kernel out in dir. files are those of Fetch.
func (s *Source) Unpack(ctx context.Context, _ kernel.Ref, files []string, dir string) (kernel.Image, error) {
	documents := 1
	if _, ok := readIndex(files[0]); ok {
		documents = 2
	}
	return unpack.Layers(ctx, files[documents:], dir)
}
