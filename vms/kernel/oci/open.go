package oci

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/tarball"

	"github.com/bpflab/bpflab/vms/kernel"
)

// parse reads a reference, which must name its registry: what is booted must not depend on
// a default.
func parse(track string) (name.Reference, error) {
	return name.ParseReference(track, name.StrictValidation)
}

// opened is an image whose layers are not fetched yet.
type opened struct {
	file  kernel.File // what is pinned: the index, or the manifest of an image that is of none
	raw   []byte      // its text
	image v1.Image    // of this architecture
}

// fromRegistry opens an image of a registry. A digest in hex is the index that is wanted,
// whatever the tag is by now.
func fromRegistry(ctx context.Context, track, digest string) (opened, error) {
	ref, err := parse(track)
	if err != nil {
		return opened{}, err
	}
	at := ref
	if digest != "" {
		at = ref.Context().Digest("sha256:" + digest)
	}
	desc, err := remote.Get(at, remote.WithContext(ctx), remote.WithPlatform(platform), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return opened{}, refused(track, digest, err)
	}
	found := opened{raw: desc.Manifest, file: kernel.File{
		Package: ref.Context().Name(), Version: tagOf(ref), Path: ref.Context().Name() + "@" + desc.Digest.String(), Size: desc.Size, SHA256: desc.Digest.Hex,
	}}
	if desc.MediaType.IsIndex() {
		index, err := desc.ImageIndex()
		if err != nil {
			return found, unavailable(track, err)
		}
		found.image, err = ofPlatform(track, index)
		return found, err
	}
	if found.image, err = desc.Image(); err != nil {
		return found, unavailable(track, err)
	}
	return found, nil
}

// tagOf returns the tag of a reference, "" for one by digest alone.
func tagOf(ref name.Reference) string {
	if tag, ok := ref.(name.Tag); ok {
		return tag.TagStr()
	}
	text, _, _ := strings.Cut(ref.String(), "@")
	if tag, err := name.NewTag(text); err == nil && strings.HasSuffix(text, ":"+tag.TagStr()) {
		return tag.TagStr()
	}
	return ""
}

// ofPlatform returns the image of this architecture.
func ofPlatform(track string, index v1.ImageIndex) (v1.Image, error) {
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, unavailable(track, err)
	}
	one, ok := forPlatform(manifest)
	if !ok {
		var others []string
		for _, m := range manifest.Manifests {
			others = append(others, m.Platform.String())
		}
		return nil, &kernel.SelectorError{Selector: kernel.TrackSelector(kernel.OCI, track),
			Problem: fmt.Sprintf("has no image of %s, but of %s", platform, strings.Join(others, ", "))}
	}
	image, err := index.Image(one.Digest)
	if err != nil {
		return nil, unavailable(track, err)
	}
	return image, nil
}

// forPlatform returns the entry of an index that is for this architecture, or for none.
func forPlatform(index *v1.IndexManifest) (v1.Descriptor, bool) {
	i := slices.IndexFunc(index.Manifests, func(d v1.Descriptor) bool { return d.Platform == nil || d.Platform.Satisfies(platform) })
	if i < 0 {
		return v1.Descriptor{}, false
	}
	return index.Manifests[i], true
}

// refused makes an error of a registry's answer.
func refused(track, digest string, err error) error {
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		if digest != "" {
			return fmt.Errorf("%s: %w", track, kernel.ErrGone)
		}
		return &kernel.SelectorError{Selector: kernel.TrackSelector(kernel.OCI, track), Problem: "is not in its registry"}
	}
	if errors.As(err, &answer) && (answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden) {
		err = fmt.Errorf("%w; `docker login` or `podman login` gives access to what is not public", err)
	}
	return unavailable(track, err)
}

func unavailable(track string, err error) error {
	return &kernel.UnavailableError{What: kernel.TrackSelector(kernel.OCI, track), Err: err}
}

// fromDisk opens an archive or a directory, and the image in it.
func fromDisk(track string) (opened, error) {
	wrong := func(err error) error {
		return &kernel.SelectorError{Selector: kernel.TrackSelector(kernel.OCI, track), Problem: "is no image that can be read: " + err.Error() +
			"; want what `docker save` or `skopeo copy ... docker-archive:FILE` writes, or a directory in OCI's layout"}
	}
	info, err := os.Stat(track)
	if err != nil {
		return opened{}, wrong(err)
	}
	image, err := imageAt(track, info.IsDir())
	var selector *kernel.SelectorError
	if errors.As(err, &selector) {
		return opened{}, err
	}
	if err != nil {
		return opened{}, wrong(err)
	}
	manifest, err := image.RawManifest()
	if err != nil {
		return opened{}, wrong(err)
	}
	sum := sha256.Sum256(manifest)
	file := kernel.File{Package: track, Path: strings.TrimLeft(track, "./"), Size: int64(len(manifest)), SHA256: hex.EncodeToString(sum[:])}
	return opened{file, manifest, image}, nil
}

func imageAt(track string, dir bool) (v1.Image, error) {
	if !dir {
		return tarball.ImageFromPath(track, nil)
	}
	index, err := layout.ImageIndexFromPath(track)
	if err != nil {
		return nil, err
	}
	return ofPlatform(track, index)
}
