package lxd

import (
	"archive/tar"
	"context"
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	lxd "github.com/canonical/lxd/client"
	"github.com/canonical/lxd/shared/api"

	"github.com/bpflab/bpflab/vms/kernel"
)

// bootFiles are what a virtual machine boots: on this host, and in a volume
// that the server mounts beside the machine.
type bootFiles struct {
	kernel, initrd string // paths on this host
	volume         string // its name says what is in it
}

// volumePrefix begins the names of our volumes.
const volumePrefix = "bpflab-boot-"

// filesOf are the files of a kernel and an initramfs. The uncompressed kernel
// spares the guest its own decompressor, where QEMU can start it.
func filesOf(k kernel.Image, initrd string) (bootFiles, error) {
	f := bootFiles{kernel: k.Kernel, initrd: initrd}
	if k.PVH && k.Vmlinux != "" || k.Kernel == "" {
		f.kernel = k.Vmlinux
	}
	if f.kernel == "" {
		return f, fmt.Errorf("kernel %s has no file to boot", k.Selector)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{k.SHA256, filepath.Base(f.kernel), filepath.Base(initrd)}, "\n")))
	f.volume = fmt.Sprintf("%s%x", volumePrefix, sum[:8])
	return f, nil
}

// upload brings the files to the member, if they are not there.
func (m *member) upload(ctx context.Context, s *server, pool string, f bootFiles) error {
	if m.volumes[f.volume] {
		return nil
	}
	s = s.on(m.name)
	_, _, err := s.GetStoragePoolVolume(pool, "custom", f.volume)
	if err == nil {
		m.volumes[f.volume] = true
		return nil
	}
	if !api.StatusErrorCheck(err, 404) {
		return err
	}
	if err := f.send(ctx, s, pool); err != nil {
		return fmt.Errorf("bring the kernel to the server: %w", err)
	}
	m.volumes[f.volume] = true
	return nil
}

// send imports the files as a volume: under another name first, because a name
// is there before the content is.
func (f bootFiles) send(ctx context.Context, s *server, pool string) error {
	temp := "bpflab-new-" + strings.ToLower(rand.Text())[:12]
	r, w := io.Pipe()
	go func() { w.CloseWithError(f.backup(w, pool, temp)) }()
	defer r.Close()
	op, err := s.CreateStoragePoolVolumeFromBackup(pool, lxd.StoragePoolVolumeBackupArgs{BackupFile: r, Name: temp})
	if err == nil {
		err = await(ctx, op)
	}
	if err == nil {
		err = s.RenameStoragePoolVolume(pool, "custom", temp, api.StorageVolumePost{Name: f.volume})
	}
	if err == nil {
		return nil
	}
	s.DeleteStoragePoolVolume(pool, "custom", temp) // what there is of it
	if _, _, gone := s.GetStoragePoolVolume(pool, "custom", f.volume); gone == nil {
		return nil // another process was faster
	}
	return err
}

// volumeIndex is what LXD wants to know of a volume that it imports; see
// backup.Info in its sources.
const volumeIndex = `name: %[1]s
backend: dir
pool: %[2]s
optimized: false
optimized_header: false
type: custom
config:
  volume:
    name: %[1]s
    type: custom
    content_type: filesystem
    config: {}
`

// backup writes the files as LXD exports a volume.
func (f bootFiles) backup(to io.Writer, pool, name string) error {
	out := tar.NewWriter(to)
	index := fmt.Sprintf(volumeIndex, name, pool)
	if err := out.WriteHeader(&tar.Header{Name: "backup/index.yaml", Mode: 0o644, Size: int64(len(index))}); err != nil {
		return err
	}
	if _, err := io.WriteString(out, index); err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: "backup/volume", Mode: 0o755, Typeflag: tar.TypeDir}); err != nil {
		return err
	}
	for name, file := range map[string]string{"kernel": f.kernel, "initrd": f.initrd} {
		if err := addFile(out, "backup/volume/"+name, file, 0o644); err != nil {
			return err
		}
	}
	return out.Close()
}

// addFile adds a file of this host's to an archive.
func addFile(out *tar.Writer, name, file string, mode int64) error {
	in, err := os.Open(file)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: mode, Size: info.Size()}); err != nil {
		return err
	}
	_, err = io.Copy(out, in)
	return err
}
