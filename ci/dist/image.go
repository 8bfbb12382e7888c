package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/layout"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/tarball"
	"github.com/google/go-containerregistry/pkg/v1/types"
)

// imageTarget is the system of the image.
var imageTarget = target{"linux", "amd64"}

// imageSuite is the release of Debian that the image is made of.
const imageSuite = "trixie"

// imagePackages are what bpflab needs in the image.
var imagePackages = []string{"busybox-static", "ca-certificates", "clang", "libbpf-dev", "linux-libc-dev", "qemu-system-x86"}

// settled removes what of the machine that made it a root has, and what is not the same twice. The
// image names the mirrors that BPFLAB_DEBIAN_MIRROR does (MAIN,SECURITY), and none without it.
const settled = `set -e
: >"$1/etc/apt/sources.list"
IFS=, read -r main security <<END
$BPFLAB_DEBIAN_MIRROR
END
[ -z "$main" ] || echo "deb $main ` + imageSuite + ` main" >>"$1/etc/apt/sources.list"
[ -z "$security" ] || echo "deb $security ` + imageSuite + `-security main" >>"$1/etc/apt/sources.list"
rm -rf "$1"/etc/apt/sources.list.d/* "$1/etc/resolv.conf" "$1/etc/hostname" "$1"/var/log/* "$1"/var/cache/* "$1"/var/lib/apt/lists/* "$1"/usr/share/doc/* "$1"/usr/share/man/*
install -d -m 1777 "$1/cache" "$1/work"`

// image writes an OCI layout, as a tar file, of Debian with what bpflab needs, and bpflab.
func (r *release) image(ctx context.Context, docs documents) error {
	root := filepath.Join(r.work(), "root.tar")
	if err := r.root(ctx, root); err != nil {
		return err
	}
	img, err := r.assemble(root, docs)
	if err != nil {
		return err
	}
	dir := filepath.Join(r.work(), "oci")
	path, err := layout.Write(dir, empty.Index)
	if err != nil {
		return err
	}
	platform := v1.Platform{OS: imageTarget.os, Architecture: imageTarget.arch}
	names := map[string]string{"org.opencontainers.image.ref.name": r.number()}
	if err := path.AppendImage(img, layout.WithPlatform(platform), layout.WithAnnotations(names)); err != nil {
		return err
	}
	return r.write(fmt.Sprintf("bpflab_%s_%s.oci.tar", r.number(), imageTarget), func(w io.Writer) error { return r.tarOf(w, dir) })
}

// assemble returns the image of a root file system, a tar file, and bpflab, with OCI's media types.
func (r *release) assemble(root string, docs documents) (v1.Image, error) {
	base, err := tarball.LayerFromFile(root, tarball.WithMediaType(types.OCILayer))
	if err != nil {
		return nil, err
	}
	own, err := r.ownLayer(docs)
	if err != nil {
		return nil, err
	}
	img, err := mutate.AppendLayers(mutate.ConfigMediaType(mutate.MediaType(empty.Image, types.OCIManifestSchema1), types.OCIConfigJSON), base, own)
	if err != nil {
		return nil, err
	}
	return mutate.ConfigFile(img, r.config(img))
}

// root makes the root file system with mmdebstrap, whose tar files are the same for the same
// packages and time.
func (r *release) root(ctx context.Context, file string) error {
	cmd := exec.CommandContext(ctx, "mmdebstrap", "--quiet", "--variant=minbase", `--aptopt=Acquire::Check-Valid-Until "false"`,
		"--include="+strings.Join(imagePackages, ","), "--customize-hook="+settled, imageSuite, file)
	cmd.Env = append(os.Environ(), "SOURCE_DATE_EPOCH="+strconv.FormatInt(r.date.Unix(), 10))
	out, err := cmd.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		return errors.New("the image is made with mmdebstrap, which is not installed: apt-get install mmdebstrap, or leave IMAGE=true out")
	}
	if err != nil {
		return fmt.Errorf("mmdebstrap %s: %w: %s", imageSuite, err, bytes.TrimSpace(out))
	}
	return nil
}

// ownLayer is bpflab and its documents.
func (r *release) ownLayer(docs documents) (v1.Layer, error) {
	program, err := os.ReadFile(r.binary(imageTarget))
	if err != nil {
		return nil, err
	}
	all := []file{{"usr/bin/bpflab", 0o755, program}}
	for _, name := range docs.names() {
		if strings.HasPrefix(name, "doc/") {
			all = append(all, file{"usr/share/" + name, 0o644, docs[name]})
		}
	}
	var text bytes.Buffer
	if err := writeTar(&text, all, r.date); err != nil {
		return nil, err
	}
	return tarball.LayerFromOpener(func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(text.Bytes())), nil }, tarball.WithMediaType(types.OCILayer))
}

// config says how the image runs: `docker run IMAGE run hello`.
func (r *release) config(img v1.Image) *v1.ConfigFile {
	made, err := img.ConfigFile()
	if err != nil {
		made = &v1.ConfigFile{}
	}
	c := made.DeepCopy()
	c.OS, c.Architecture, c.Created = imageTarget.os, imageTarget.arch, v1.Time{Time: r.date}
	for i := range c.History {
		c.History[i].Created = c.Created
	}
	c.Config = v1.Config{
		Entrypoint: []string{"/usr/bin/bpflab"}, Cmd: []string{"--help"}, WorkingDir: "/work",
		Env:     []string{"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "BPFLAB_CACHE=/cache", "XDG_STATE_HOME=/cache/state"},
		Volumes: map[string]struct{}{"/cache": {}},
		Labels: map[string]string{
			"org.opencontainers.image.title": "bpflab", "org.opencontainers.image.version": r.version, "org.opencontainers.image.revision": r.commit,
			"org.opencontainers.image.licenses": "Apache-2.0", "org.opencontainers.image.source": "https://github.com/bpflab/bpflab",
		},
	}
	return c
}

// tarOf writes the files of a directory, in the order of their names.
func (r *release) tarOf(w io.Writer, dir string) error {
	var all []file
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		name, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		text, err := os.ReadFile(path)
		all = append(all, file{filepath.ToSlash(name), 0o644, text})
		return err
	})
	return errors.Join(err, writeTar(w, all, r.date))
}
