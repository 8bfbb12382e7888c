package qemu

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/bpflab/bpflab/harness/install"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/initramfs"
)

// usualModules are loaded where the kernel has them; labs with packets need
// most.
var usualModules = []string{"veth", "dummy", "sch_ingress", "cls_bpf", "act_bpf"}

// initramfs is the file of the machine's initial file system. Files are named
// by the digest of their content's sources, and written whole or not at all.
func (p *Provider) initramfs(ctx context.Context, want vms.Spec) (string, error) {
	o := initramfs.Options{
		Agent: want.Agent, Modules: want.Kernel.Modules, Release: filepath.Base(want.Kernel.Modules),
		Wanted: usualModules, Needed: want.Modules,
	}
	key, err := fingerprint(o, want.Kernel.SHA256)
	if err != nil {
		return "", failed(err)
	}
	file := filepath.Join(p.options.Cache, key+".cpio")
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	archive, err := initramfs.Build(ctx, o)
	if errors.Is(err, initramfs.ErrNoBusybox) {
		return "", failed(err, install.Busybox)
	}
	if err != nil {
		return "", failed(err)
	}
	if err := writeWhole(file, archive); err != nil {
		return "", failed(fmt.Errorf("initramfs: %w", err))
	}
	return file, nil
}

// fingerprint names what an archive is made of without reading all of it: the
// agent and busybox by size and time, the kernel by its digest.
func fingerprint(o initramfs.Options, kernel string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, "bpflab initramfs 1", kernel, o.Modules, o.Wanted, o.Needed)
	box, err := initramfs.FindBusybox()
	if err != nil {
		box = "" // Build says it better
	}
	for _, name := range []string{o.Agent, box} {
		if info, err := os.Stat(name); err == nil {
			fmt.Fprintln(sum, name, info.Size(), info.ModTime().UnixNano())
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:32], nil
}

func writeWhole(file string, data []byte) error {
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(file), ".new-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(data)
	if cerr := temp.Close(); err == nil {
		err = cerr
	}
	if err == nil {
		err = os.Rename(temp.Name(), file)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}
