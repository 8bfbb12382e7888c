package unpack

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path"
	"path/filepath"
	"strings"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/extract"
)

// Layers lays out the kernel that the layers of a container's image hold together, the
// lowest first: /boot/vmlinuz or /boot/vmlinuz-RELEASE, /lib/modules and /boot/config-RELEASE,
// also below /data/kernels/NAME. The result's paths are relative to dir.
func Layers(ctx context.Context, layers []string, dir string) (kernel.Image, error) {
	v := &layered{taken: map[string]string{}, hidden: map[string]bool{}}
	for i := len(layers) - 1; i >= 0; i-- {
		if err := v.extract(ctx, layers[i], dir); err != nil {
			return kernel.Image{}, err
		}
	}
	image, err := finish(dir)
	if errors.Is(err, ErrNoKernel) {
		err = fmt.Errorf("%w: want /boot/vmlinuz, /boot/vmlinuz-RELEASE, or those below /data/kernels/NAME", err)
	}
	return image, err
}

// layered is what is known while layers are read, the highest first.
type layered struct {
	taken   map[string]string // paths in the image, by those in the directory
	hidden  map[string]bool   // paths that higher layers have removed
	removed []string          // by the layer that is read
	several error
}

func (v *layered) extract(ctx context.Context, layer, dir string) error {
	in, err := os.Open(layer)
	if err != nil {
		return err
	}
	defer in.Close()
	plain, err := decompressed(in)
	if err != nil {
		return fmt.Errorf("layer %s: %w", filepath.Base(layer), err)
	}
	w, err := extract.NewWriter(dir, v.keep)
	if err != nil {
		return err
	}
	defer w.Close()
	if err := v.entries(ctx, tar.NewReader(plain), w); err != nil {
		return fmt.Errorf("layer %s: %w", filepath.Base(layer), err)
	}
	for _, name := range v.removed {
		v.hidden[name] = true
	}
	v.removed = nil
	return v.several
}

// decompressed returns the content of a layer, by its first bytes.
func decompressed(in io.Reader) (io.Reader, error) {
	buffered := bufio.NewReader(in)
	head, _ := buffered.Peek(4)
	method := ""
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		method = "gzip"
	case bytes.Equal(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		method = "zstd"
	}
	return extract.Decompress(method, buffered)
}

func (v *layered) entries(ctx context.Context, r *tar.Reader, w *extract.Writer) error {
	for {
		h, err := r.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
		if err := v.entry(h, r, w); err != nil {
			return err
		}
	}
}

// entry writes an entry of a layer, if it is wanted and no higher layer has or removed it.
func (v *layered) entry(h *tar.Header, content io.Reader, w *extract.Writer) error {
	name, err := extract.Path(h.Name)
	if err != nil {
		return err
	}
	if gone, ok := strings.CutPrefix(path.Base(name), ".wh."); ok {
		if gone == ".wh..opq" {
			gone = "" // all that lower layers have in the directory
		}
		v.removed = append(v.removed, path.Join(path.Dir(name), gone))
		return nil
	}
	kind := kindOf(h.Typeflag)
	if v.isHidden(name) || kind == extract.Link && !strings.HasPrefix(wantedOfLayer(name), modules) {
		return nil // a link /boot/vmlinuz leads to a file that is there too
	}
	return w.Entry(extract.Entry{Name: name, Kind: kind, Size: h.Size}, content)
}

func kindOf(flag byte) extract.Kind {
	switch flag {
	case tar.TypeReg:
		return extract.File
	case tar.TypeDir:
		return extract.Dir
	case tar.TypeLink, tar.TypeSymlink:
		return extract.Link
	}
	return extract.Other
}

func (v *layered) isHidden(name string) bool {
	for ; name != "."; name = path.Dir(name) {
		if v.hidden[name] {
			return true
		}
	}
	return false
}

// keep returns where a file goes. An image with two kernels is refused.
func (v *layered) keep(name string) string {
	to := wantedOfLayer(name)
	if to == "" {
		return ""
	}
	from, there := v.taken[to]
	switch {
	case !there:
		v.taken[to] = name
		return to
	case from != name && to == vmlinuz:
		v.several = fmt.Errorf("it holds several kernels: %s and %s", from, name)
	}
	return ""
}

// wantedOfLayer maps paths in an image to those of the layout: those of packages, and those
// of images that were made for tests. cilium/ci-kernels has /boot/vmlinuz (its Dockerfile),
// cilium/little-vm-helper-images /data/kernels/NAME/boot/vmlinuz-RELEASE
// (dockerfiles/kernel-images).
func wantedOfLayer(name string) string {
	if rest, ok := strings.CutPrefix(name, "data/kernels/"); ok {
		_, name, _ = strings.Cut(rest, "/")
	}
	switch name {
	case "boot/vmlinuz":
		return vmlinuz
	case "boot/config":
		return config
	}
	return wanted(name)
}
