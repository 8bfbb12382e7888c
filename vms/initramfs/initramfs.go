// Package initramfs writes the initial file system of a machine: the agent as
// /init, a static busybox with its applets, and the kernel modules that are
// wanted, with all they depend on, decompressed.
//
// The bytes depend on the inputs alone: entries are sorted, owned by root and
// dated 1970, and the archive is not compressed, because unpacking is slower
// than copying on an emulated CPU.
package initramfs

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cpio"
)

// Options says what goes in.
type Options struct {
	Agent   string   // the agent's binary, which becomes /init
	Busybox string   // "" means the one FindBusybox finds
	Foreign bool     `json:",omitempty"` // Busybox is for another architecture: the agent makes the links of its applets
	Modules string   // the kernel's lib/modules/RELEASE, or "" for a kernel without modules
	Release string   // the name of that directory in the guest
	Config  string   // the kernel's configuration, which becomes /boot/config-RELEASE; "" for none
	Wanted  []string // modules to carry if the kernel has them
	Needed  []string // modules it must have, as files or built in

	// Rootfs is a cpio archive that follows, "" for none; its name must change with its
	// content.
	Rootfs string

	// ModulesDigest stands for the content of Modules in Digest and Cache: the
	// digest of the package it comes from. Build makes no use of it.
	ModulesDigest string

	// CheckKernel checks Modules and Config before they are read for an archive that is
	// not there; nil checks nothing. Its error is Cache.File's.
	CheckKernel func(context.Context) error `json:"-"`
}

// entry is one file of the archive.
type entry struct {
	cpio.Header
	data []byte
	file string // has the content instead of data, "" for none
}

func dataEntry(name string, mode uint32, data []byte) entry {
	return entry{Header: cpio.Header{Name: name, Mode: cpio.TypeFile | mode}, data: data}
}

// programEntry returns an executable file with the content of another.
func programEntry(name, from string) entry {
	return entry{Header: cpio.Header{Name: name, Mode: cpio.TypeFile | 0o755}, file: from}
}

func dirEntry(name string) entry {
	return entry{Header: cpio.Header{Name: name, Mode: cpio.TypeDir | 0o755}}
}

func linkEntry(name, target string) entry {
	return entry{Header: cpio.Header{Name: name, Mode: cpio.TypeLink | 0o777}, data: []byte(target)}
}

func deviceEntry(name string, mode, major, minor uint32) entry {
	return entry{Header: cpio.Header{Name: name, Mode: cpio.TypeDevice | mode, Device: [2]uint32{major, minor}}}
}

// directories of every machine.
var directories = []string{"bin", "boot", "dev", "etc", "lib", "lib/modules", "mnt", "proc", "root", "run", "sbin", "sys", "tmp", "usr", "usr/bin", "usr/sbin", "var"}

// files of every machine.
var files = map[string]string{
	"etc/passwd":   "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n",
	"etc/group":    "root:x:0:\nnogroup:x:65534:\n",
	"etc/hosts":    "127.0.0.1 localhost\n10.77.0.1 client\n10.77.0.2 server\n",
	"etc/hostname": "bpflab\n",
}

// Build writes the archive. Errors name what is missing and how to get it, or are the
// writer's.
func Build(ctx context.Context, to io.Writer, o Options) error {
	entries, err := contents(ctx, o)
	if err != nil {
		return err
	}
	return archive(cpio.NewWriter(to), entries)
}

// contents returns the files of the archive.
func contents(ctx context.Context, o Options) ([]entry, error) {
	if err := checkAgent(o.Agent); err != nil {
		return nil, err
	}
	entries := append(base(), programEntry("init", o.Agent))
	box, err := busyboxEntries(ctx, o)
	if err != nil {
		return nil, err
	}
	entries = append(entries, box...)
	mods, err := modules(o)
	if err != nil {
		return nil, err
	}
	if o.Config != "" && o.Release != "" {
		text, err := os.ReadFile(o.Config)
		if err != nil {
			return nil, fmt.Errorf("kernel configuration: %w", err)
		}
		entries = append(entries, dataEntry("boot/config-"+o.Release, 0o644, text))
	}
	return append(entries, mods...), nil
}

// busyboxEntries returns busybox and, where it can be asked, the links of its applets.
func busyboxEntries(ctx context.Context, o Options) ([]entry, error) {
	if !o.Foreign {
		return busybox(ctx, o.Busybox)
	}
	if err := checkBusybox(o.Busybox); err != nil {
		return nil, fmt.Errorf("%w: %s %w", ErrNoBusybox, o.Busybox, err)
	}
	return []entry{programEntry("bin/busybox", o.Busybox)}, nil
}

func base() []entry {
	out := []entry{deviceEntry("dev/console", 0o600, 5, 1), deviceEntry("dev/null", 0o666, 1, 3)}
	for _, d := range directories {
		out = append(out, dirEntry(d))
	}
	for name, text := range files {
		out = append(out, dataEntry(name, 0o644, []byte(text)))
	}
	return out
}

// archive writes the entries sorted, so that directories come before what is
// in them.
func archive(to *cpio.Writer, entries []entry) error {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.Name, b.Name) })
	for i, e := range entries {
		if i > 0 && e.Name == entries[i-1].Name {
			return fmt.Errorf("initramfs: %s is there twice", e.Name)
		}
		if err := e.write(to); err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
	}
	return to.Close()
}

func (e entry) write(to *cpio.Writer) error {
	if e.file == "" {
		e.Size = int64(len(e.data))
		return to.Entry(e.Header, bytes.NewReader(e.data))
	}
	f, err := os.Open(e.file)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return err
	}
	e.Size = info.Size()
	return to.Entry(e.Header, f)
}
