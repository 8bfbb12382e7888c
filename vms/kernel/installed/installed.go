// Package installed is the source of the kernels that are installed on this machine: the
// one that runs, and the others in /boot.
package installed

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/local"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
)

// Files keeps copies of files by their digest. The store implements it.
type Files interface {
	AddBlob(ctx context.Context, name string) (kernel.File, error)
	BlobPath(file kernel.File) string
}

// Options of New.
type Options struct {
	Files   Files
	Root    string // directory that has boot and lib/modules; "" is /
	Running string // uname -r; "" where that is not known
}

// Source is the kernels of one machine.
type Source struct{ Options }

// New returns the source. It looks at nothing yet.
func New(o Options) *Source {
	o.Root = cmp.Or(o.Root, "/")
	return &Source{o}
}

// Name returns "host".
func (*Source) Name() string { return kernel.Host }

// Mirror returns "": the source needs no network.
func (*Source) Mirror() string { return "" }

// Claim takes "host/", the running kernel, and "host/RELEASE".
func (*Source) Claim(selector string) (track string, ours bool, err error) {
	track, ours = kernel.CutSource(selector, kernel.Host)
	return track, ours, nil
}

// Tracks returns the running kernel, as "", and the releases that are installed.
func (s *Source) Tracks() []string {
	all := []string{""}
	for _, release := range s.releases() {
		if release != s.Running {
			all = append(all, release)
		}
	}
	return all
}

// images are where distributions have the image of a release.
var images = []string{"boot/vmlinuz-%s", "lib/modules/%s/vmlinuz", "usr/lib/modules/%s/vmlinuz", "boot/vmlinux-%s"}

// configs are where they have its configuration.
var configs = []string{"boot/config-%s", "lib/modules/%s/config", "usr/lib/modules/%s/config"}

// releases returns what is installed, in the order of names.
func (s *Source) releases() []string {
	var all []string
	for _, form := range images {
		found, _ := filepath.Glob(filepath.Join(s.Root, fmt.Sprintf(form, "*")))
		for _, name := range found {
			all = append(all, releaseOf(form, strings.TrimPrefix(name, strings.TrimSuffix(s.Root, "/")+"/")))
		}
	}
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(release string) bool {
		_, err := kernel.ParseVersion(release)
		return err != nil // as in vmlinuz-rescue-0123
	})
}

// releaseOf returns the release in a path of the form.
func releaseOf(form, name string) string {
	before, after, _ := strings.Cut(form, "%s")
	return strings.TrimSuffix(strings.TrimPrefix(name, before), after)
}

// List returns the kernel that is wanted; for a search, all that are installed.
func (s *Source) List(_ context.Context, want kernel.Want) (refs []kernel.Ref, notes []string, err error) {
	if !want.Every {
		ref, err := s.ref(want.Track)
		if err != nil {
			return nil, nil, err
		}
		return []kernel.Ref{ref}, nil, nil
	}
	for _, release := range s.releases() {
		ref, err := s.ref(release)
		switch {
		case err != nil:
			notes = append(notes, err.Error())
		case want.Within.Contains(ref.Version):
			refs = append(refs, ref)
		}
	}
	slices.SortFunc(refs, kernel.Ref.Compare)
	return refs, notes, nil
}

// ref returns the kernel of a track. Errors are *local.Error, which the user can correct.
func (s *Source) ref(track string) (kernel.Ref, error) {
	release := cmp.Or(track, s.Running)
	version, err := kernel.ParseVersion(release)
	if err != nil {
		return kernel.Ref{}, &local.Error{Path: kernel.TrackSelector(kernel.Host, track), Err: err}
	}
	image, err := s.image(release)
	if err != nil {
		return kernel.Ref{}, err
	}
	file, err := sumOf(image, release)
	if err != nil {
		return kernel.Ref{}, unreadable(image, err)
	}
	ref := kernel.Ref{Source: kernel.Host, Arch: kernel.HostArch().OrZero(), Track: track, Version: version, Release: release, Files: []kernel.File{file}}
	if modules := s.modules(release); modules != "" {
		list, err := listOf(modules)
		if err != nil {
			return ref, unreadable(modules, err)
		}
		ref.Files = append(ref.Files, list)
	}
	return ref, nil
}

// image returns the path of a release's image.
func (s *Source) image(release string) (string, error) {
	var tried []string
	for _, form := range images {
		name := filepath.Join(s.Root, fmt.Sprintf(form, release))
		if _, err := os.Stat(name); err == nil {
			return name, nil
		}
		tried = append(tried, name)
	}
	what := "installed kernels are " + strings.Join(s.releases(), ", ")
	if len(s.releases()) == 0 {
		what = "no kernel is installed on it; is it a container, or a virtual machine whose kernel comes from outside? `bpflab kernels import FILE` takes one"
	}
	return "", &local.Error{Path: kernel.TrackSelector(kernel.Host, release),
		Err: fmt.Errorf("this machine has no file of it (%s); %s", strings.Join(tried, ", "), what)}
}

// modules returns the directory of a release's modules, "" if there is none.
func (s *Source) modules(release string) string {
	for _, form := range []string{"lib/modules/%s/kernel", "usr/lib/modules/%s/kernel"} {
		name := filepath.Join(s.Root, fmt.Sprintf(form, release))
		if info, err := os.Stat(name); err == nil && info.IsDir() {
			return filepath.Dir(name)
		}
	}
	return ""
}

// unreadable says what can be done about a file that this user may not read: Ubuntu keeps
// its kernels to root.
func unreadable(name string, err error) error {
	if errors.Is(err, fs.ErrPermission) {
		err = fmt.Errorf("this user may not read it; `sudo chmod +r %s` allows it, or run bpflab as root", name)
	}
	return &local.Error{Path: name, Err: err}
}

// sumOf returns the image of a release with its digest.
func sumOf(name, release string) (kernel.File, error) {
	sum, err := cache.SumFile(name)
	base := filepath.Base(name)
	return kernel.File{Package: base, Version: release, Path: base, Size: sum.Size, SHA256: sum.SHA256}, err
}

// listOf returns the modules of a release as a file, whose digest changes with the name, the
// size or the time of any of them: to read them all would take long.
func listOf(dir string) (kernel.File, error) {
	file := kernel.File{Package: "modules", Path: filepath.Base(dir)}
	h := sha256.New()
	err := filepath.WalkDir(dir, func(name string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return err
		}
		info, err := e.Info()
		if err != nil {
			return err
		}
		file.Size += info.Size()
		fmt.Fprintln(h, strings.TrimPrefix(name, dir), info.Size(), info.ModTime().UnixNano())
		return nil
	})
	file.SHA256 = hex.EncodeToString(h.Sum(nil))
	return file, err
}

// Fetch copies the image of ref into the store, and returns its path there and that of the
// modules, which are copied when they are unpacked.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	image, err := s.image(ref.Release)
	if err != nil {
		return nil, errors.Join(kernel.ErrGone, err)
	}
	file, err := s.Files.AddBlob(ctx, image)
	if err != nil {
		return nil, unreadable(image, err)
	}
	if file.SHA256 != ref.Package().SHA256 {
		return nil, fmt.Errorf("%s has changed: %w", image, kernel.ErrGone)
	}
	paths := []string{s.Files.BlobPath(file)}
	if len(ref.Files) > 1 {
		paths = append(paths, s.modules(ref.Release))
	}
	return paths, nil
}

// Unpack lays the kernel out in dir, with its configuration and its modules.
func (s *Source) Unpack(ctx context.Context, ref kernel.Ref, files []string, dir string) (kernel.Image, error) {
	for _, form := range configs {
		text, err := os.ReadFile(filepath.Join(s.Root, fmt.Sprintf(form, ref.Release)))
		if err == nil {
			if err := os.WriteFile(filepath.Join(dir, "config"), text, 0o644); err != nil {
				return kernel.Image{}, err
			}
			break
		}
	}
	modules := ""
	if len(files) > 1 {
		modules = files[1]
	}
	return unpack.Files(ctx, files[0], modules, dir)
}
