// Package initramfs writes the initial file system of a machine: the agent as
// /init, a static busybox with its applets, and the kernel modules that are
// wanted, with all they depend on, decompressed.
//
// The bytes depend on the inputs alone: entries are sorted, owned by root and
// dated 1970, and the archive is not compressed, because unpacking is slower
// than copying on an emulated CPU.
package initramfs

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Options says what goes in.
type Options struct {
	Agent   string   // the agent's binary, which becomes /init
	Busybox string   // "" means the one FindBusybox finds
	Modules string   // the kernel's lib/modules/RELEASE, or "" for a kernel without modules
	Release string   // the name of that directory in the guest
	Config  string   // the kernel's configuration, which becomes /boot/config-RELEASE; "" for none
	Wanted  []string // modules to carry if the kernel has them
	Needed  []string // modules it must have, as files or built in

	// Userland is a cpio archive that follows, "" for none; its name must change with
	// its content.
	Userland string

	// ModulesDigest stands for the content of Modules in Digest and Cache: the
	// digest of the package it comes from. Build makes no use of it.
	ModulesDigest string
}

// entry is one file of the archive.
type entry struct {
	name   string // without leading slash
	mode   uint32 // type and permissions, as in stat(2)
	data   []byte
	file   string    // has the content instead of data, "" for none
	device [2]uint32 // major and minor, of device nodes
}

const (
	typeDir    = 0o040000
	typeFile   = 0o100000
	typeLink   = 0o120000
	typeDevice = 0o020000
)

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
	return archive(to, entries)
}

// contents are the files of the archive.
func contents(ctx context.Context, o Options) ([]entry, error) {
	if err := checkAgent(o.Agent); err != nil {
		return nil, err
	}
	entries := append(base(), entry{name: "init", mode: typeFile | 0o755, file: o.Agent})
	box, err := busybox(ctx, o.Busybox)
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
		entries = append(entries, entry{name: "boot/config-" + o.Release, mode: typeFile | 0o644, data: text})
	}
	return append(entries, mods...), nil
}

func base() []entry {
	out := []entry{
		{name: "dev/console", mode: typeDevice | 0o600, device: [2]uint32{5, 1}},
		{name: "dev/null", mode: typeDevice | 0o666, device: [2]uint32{1, 3}},
	}
	for _, d := range directories {
		out = append(out, entry{name: d, mode: typeDir | 0o755})
	}
	for name, text := range files {
		out = append(out, entry{name: name, mode: typeFile | 0o644, data: []byte(text)})
	}
	return out
}

// archive writes the entries sorted, so that directories come before what is
// in them.
func archive(to io.Writer, entries []entry) error {
	slices.SortFunc(entries, func(a, b entry) int { return strings.Compare(a.name, b.name) })
	for i, e := range entries {
		if i > 0 && e.name == entries[i-1].name {
			return fmt.Errorf("initramfs: %s is there twice", e.name)
		}
		if err := writeEntry(to, uint32(i+1), e); err != nil {
			return fmt.Errorf("initramfs: %w", err)
		}
	}
	return writeEntry(to, 0, entry{name: "TRAILER!!!"})
}
