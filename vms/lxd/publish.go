package lxd

import (
	"archive/tar"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"
	"github.com/cavaliergopher/cpio"

	"github.com/bpflab/bpflab/vms/initramfs"
)

// publish makes an image for containers of what machines boot with, agent and
// busybox, where the server has none of the same content. It returns its alias.
func (p *Provider) publish(ctx context.Context, s *server, agent string) (string, error) {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	archive, err := p.archive(ctx, agent)
	if err != nil {
		return "", err
	}
	alias := fmt.Sprintf("bpflab-%x", sha256.Sum256([]byte(containerInit+filepath.Base(archive))))[:32]
	_, _, err = s.GetImageAlias(alias)
	if !api.StatusErrorCheck(err, 404) {
		return alias, err
	}
	if err := s.publish(ctx, archive, map[string]string{"sbin/init": containerInit}, alias); err != nil {
		return "", fmt.Errorf("publish the image of containers: %w", err)
	}
	return alias, nil
}

// archive returns the file of agent and busybox.
func (p *Provider) archive(ctx context.Context, agent string) (string, error) {
	file, _, err := p.archives.Checked(ctx, initramfs.Options{Agent: agent})
	return file, err
}

// publish uploads an archive as an image, with programs put over it, which are
// scripts by their paths. Another process may be faster.
func (s *server) publish(ctx context.Context, archive string, over map[string]string, alias string) error {
	r, w := io.Pipe()
	go func() { w.CloseWithError(imageOf(w, archive, over)) }()
	defer r.Close()
	op, err := s.CreateImage(api.ImagesPost{Filename: "bpflab.tar"}, &lxd.ImageCreateArgs{MetaFile: r, MetaName: "bpflab.tar", Type: "container"})
	if err != nil {
		return err
	}
	err = s.await(ctx, op)
	fingerprint, _ := op.Get().Metadata["fingerprint"].(string)
	if err != nil && !strings.Contains(err.Error(), "same fingerprint") {
		return err
	}
	err = s.CreateImageAlias(api.ImageAliasesPost{ImageAliasesEntry: api.ImageAliasesEntry{Name: alias, Target: fingerprint}})
	if _, _, there := s.GetImageAlias(alias); there == nil {
		return nil
	}
	return err
}

// imageMetadata is what LXD wants to know of an image.
const imageMetadata = `architecture: x86_64
creation_date: 1
properties:
  description: bpflab's agent and busybox
  os: bpflab
`

// imageOf writes a machine's initial file system as an image of LXD's.
func imageOf(to io.Writer, archive string, over map[string]string) error {
	in, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer in.Close()
	out := tar.NewWriter(to)
	if err := addText(out, "metadata.yaml", imageMetadata, 0o644); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(over)) {
		if err := addText(out, "rootfs/"+name, over[name], 0o755); err != nil {
			return err
		}
	}
	if err := addTree(out, cpio.NewReader(in), over); err != nil {
		return err
	}
	return out.Close()
}

func addText(out *tar.Writer, name, text string, mode int64) error {
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: int64(len(text))}); err != nil {
		return err
	}
	_, err := io.WriteString(out, text)
	return err
}

// addTree adds all of an archive but its devices, which LXD makes, and what is in
// over.
func addTree(out *tar.Writer, in *cpio.Reader, over map[string]string) error {
	for {
		h, err := in.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		header, ok := headerOf(h)
		if _, replaced := over[h.Name]; replaced || !ok {
			continue
		}
		if err := out.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(out, in); err != nil {
			return err
		}
	}
}

// headerOf returns the header of a directory, link or file; ok is false for others.
func headerOf(h *cpio.Header) (header *tar.Header, ok bool) {
	header = &tar.Header{Name: "rootfs/" + h.Name, Mode: int64(h.Mode.Perm()), Size: h.Size}
	switch h.Mode &^ cpio.ModePerm {
	case cpio.TypeDir:
		header.Typeflag = tar.TypeDir
	case cpio.TypeSymlink:
		header.Typeflag, header.Linkname, header.Size = tar.TypeSymlink, h.Linkname, 0
	case cpio.TypeReg:
	default:
		return nil, false
	}
	return header, true
}
