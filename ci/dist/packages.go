package main

import (
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/goreleaser/nfpm/v2"
	_ "github.com/goreleaser/nfpm/v2/deb" // the formats
	"github.com/goreleaser/nfpm/v2/files"
	_ "github.com/goreleaser/nfpm/v2/rpm"
)

// needs are the packages that bpflab needs: by format and architecture. Names are those of
// vms/install/packages.txt, where clang may also be one with its version.
var needs = map[string]map[string][]string{
	"deb": {
		"amd64": {"qemu-system-x86 | qemu-system"},
		"arm64": {"qemu-system-arm | qemu-system"},
		"":      {"busybox-static", "clang | " + debianClangs(), "libbpf-dev", "linux-libc-dev"},
	},
	"rpm": {
		"amd64": {"(qemu-system-x86-core or qemu-kvm-core or qemu-x86)"},
		"arm64": {"(qemu-system-aarch64-core or qemu-kvm-core or qemu-arm)"},
		"":      {"(busybox or busybox-static)", "clang", "libbpf-devel"},
	},
}

// suggested are packages that some of bpflab uses.
var suggested = []string{"lxd", "bpftool", "golang-go"}

// debianClangs returns the packages of clang with a version, the newest first.
func debianClangs() string {
	return "clang-23 | clang-22 | clang-21 | clang-20 | clang-19 | clang-18 | clang-17 | clang-16 | clang-15 | clang-14"
}

// packages writes a target's .deb and .rpm.
func (r *release) packages(t target, docs documents) error {
	share := filepath.Join(r.work(), "share")
	for _, name := range docs.names() {
		path := filepath.Join(share, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, docs[name], 0o644); err != nil {
			return err
		}
	}
	for _, format := range []string{"deb", "rpm"} {
		if err := r.pack(format, t, docs, share); err != nil {
			return err
		}
	}
	return nil
}

func (r *release) pack(format string, t target, docs documents, share string) error {
	packager, err := nfpm.Get(format)
	if err != nil {
		return err
	}
	info := r.about(format, t)
	add := func(from, to string, mode os.FileMode) {
		info.Contents = append(info.Contents, &files.Content{Source: from, Destination: to,
			FileInfo: &files.ContentFileInfo{Owner: "root", Group: "root", Mode: mode, MTime: r.date}})
	}
	add(r.binary(t), "/usr/bin/bpflab", 0o755)
	for _, name := range docs.names() {
		to := "/usr/share/" + name
		if format == "rpm" && strings.HasPrefix(name, "zsh/") {
			to = "/usr/share/zsh/site-functions/_bpflab"
		}
		add(filepath.Join(share, name), to, 0o644)
	}
	if err := nfpm.PrepareForPackager(info, format); err != nil {
		return err
	}
	return r.write(packager.ConventionalFileName(info), func(w io.Writer) error { return packager.Package(info, w) })
}

// about returns what a package says of itself.
func (r *release) about(format string, t target) *nfpm.Info {
	info := &nfpm.Info{
		Name: "bpflab", Arch: t.arch, Platform: "linux", Version: r.version, VersionSchema: "semver", Section: "devel", Priority: "optional",
		Maintainer: "The bpflab authors <noreply@bpflab.invalid>", License: "Apache-2.0", Homepage: "https://github.com/bpflab/bpflab", MTime: r.date,
		Description: "lab and test harness for eBPF over Linux kernels\nbpflab boots real Linux kernels, loads eBPF programs in them, runs workloads and\nchecks what the programs did, and what the verifier said.",
	}
	info.Depends = append(append([]string{}, needs[format][t.arch]...), needs[format][""]...)
	if format == "deb" {
		info.Suggests = suggested
	}
	info.RPM.BuildHost = "localhost"
	info.RPM.Summary = "Lab and test harness for eBPF over Linux kernels"
	return nfpm.WithDefaults(info)
}
