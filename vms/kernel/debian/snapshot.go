package debian

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// What a service of snapshots answers, as the client of siemens/debsbom (snapshot/client.py)
// reads it; that a binary's versions are called binary_version is in none of what was read,
// and no answer of the service itself has been seen:
//
//	/mr/package/SOURCE/                        its versions
//	/mr/package/SOURCE/VERSION/binpackages     the packages built from one
//	/mr/binary/NAME/                           versions of a package
//	/mr/binary/NAME/VERSION/binfiles?fileinfo=1  its files, and when each was first seen
//	/archive/debian/TIME/                      the mirror as it was then
//	/file/HASH                                 a file, by the key that it has in fileinfo
//
// None of this is signed, and none is trusted: it only says at which time to look. The
// kernels are verified by the Release of that time.
const (
	maxAnswer  = 16 << 20
	timeForm   = "20060102T150405Z"
	sidSuite   = "sid"
	mainOfThen = "debian" // the archive's name there
)

// delays after a package was first seen at which the suite is looked at: it may be in the
// pool before an index names it.
var delays = []time.Duration{0, 6 * time.Hour, 24 * time.Hour, 72 * time.Hour}

// listSnapshot returns the kernels of a version or release that the unstable suite once had.
func (s *Source) listSnapshot(ctx context.Context, exact string, arch kernel.Arch) ([]kernel.Ref, error) {
	version, err := kernel.ParseVersion(exact)
	if err != nil {
		return nil, nil // no kernel's name
	}
	if s.mirrors.Snapshot == "" {
		return nil, &kernel.SelectorError{Selector: kernel.TrackSelector(kernel.Debian, exact),
			Problem: "is in none of Debian's suites today; set BPFLAB_DEBIAN_SNAPSHOT to the URL of a service that keeps snapshots of them"}
	}
	seen, err := s.firstSeen(ctx, exact, version, arch)
	if errors.Is(err, kernel.ErrGone) || err == nil && seen.IsZero() {
		return nil, nil // there never was one
	}
	if err != nil {
		return nil, s.noSnapshot(err)
	}
	for _, delay := range delays {
		refs, err := s.listAt(ctx, seen.Add(delay), exact, version, arch)
		if err != nil || len(refs) > 0 {
			return refs, s.noSnapshot(err)
		}
	}
	return nil, nil
}

func (s *Source) noSnapshot(err error) error {
	if err == nil {
		return nil
	}
	return &kernel.UnavailableError{What: "Debian's snapshots", Err: err}
}

// listAt returns the kernels that unstable had at a time.
func (s *Source) listAt(ctx context.Context, at time.Time, exact string, version kernel.Version, arch kernel.Arch) ([]kernel.Ref, error) {
	ring, err := s.keys.ring(true)
	if err != nil {
		return nil, err
	}
	stamp := at.UTC().Format(timeForm)
	entries, release, err := s.archive.Kernels(ctx, apt.Suite{
		Name: sidSuite + "-" + stamp, Title: "Debian", Base: s.snapshotBase(stamp), Path: sidSuite,
		Codename: sidSuite, Archived: true, Snapshot: true, Ring: ring, Arch: arch,
	}, isKept)
	if err != nil {
		return nil, err
	}
	refs := kernels(suite{name: sidSuite + "-" + stamp, kernels: version.Series()}, arch, entries, release.Signer)
	refs = slices.DeleteFunc(refs, func(r kernel.Ref) bool {
		return r.Version != version && r.Release != exact && r.Package().Version != exact
	})
	for i := range refs {
		refs[i].Track = exact
		if refs[i].Flavour == kernel.Generic && refs[i].Release != exact {
			refs[i].Track += "/" + kernel.Generic
		}
	}
	return refs, nil
}

func (s *Source) snapshotBase(stamp string) string {
	return s.mirrors.Snapshot + "/archive/" + mainOfThen + "/" + stamp
}

// snapshotOf returns the base URL of a suite that listAt has named.
func (s *Source) snapshotOf(suite string) (string, bool) {
	stamp, ok := strings.CutPrefix(suite, sidSuite+"-")
	if _, err := time.Parse(timeForm, stamp); err != nil || !ok {
		return "", false
	}
	return s.snapshotBase(stamp), true
}

// firstSeen returns when a package of the kernel was first on the mirror, zero if never.
func (s *Source) firstSeen(ctx context.Context, exact string, version kernel.Version, arch kernel.Arch) (time.Time, error) {
	image, binary, err := s.imagePackage(ctx, exact, version, arch)
	if err != nil || image == "" {
		return time.Time{}, err
	}
	answer, err := s.filesOf(ctx, image, binary)
	if err != nil {
		return time.Time{}, err
	}
	var first time.Time
	for _, files := range answer {
		for _, f := range files {
			at, err := time.Parse(timeForm, f.Seen)
			ours := f.Archive == mainOfThen && strings.HasSuffix(f.Name, "_"+string(arch.OrDefault())+".deb")
			if err == nil && ours && (first.IsZero() || at.Before(first)) {
				first = at
			}
		}
	}
	return first, nil
}

// fileInfo is what the service knows of files, by their hashes.
type fileInfo map[string][]struct {
	Archive string `json:"archive_name"`
	Seen    string `json:"first_seen"`
	Name    string `json:"name"`
}

// filesOf returns the files of a version of a package, of all architectures.
func (s *Source) filesOf(ctx context.Context, name, version string) (fileInfo, error) {
	var answer struct {
		FileInfo fileInfo `json:"fileinfo"`
	}
	path := fmt.Sprintf("/mr/binary/%s/%s/binfiles?fileinfo=1", url.PathEscape(name), url.PathEscape(version))
	err := s.askSnapshot(ctx, path, &answer)
	return answer.FileInfo, err
}

// inSnapshots returns the URL of a package that has left its mirror.
func (s *Source) inSnapshots(ctx context.Context, file kernel.File) (string, error) {
	answer, err := s.filesOf(ctx, file.Package, file.Version)
	if err != nil {
		return "", err
	}
	name := path.Base(file.Path)
	arch := name[strings.LastIndexByte(name, '_')+1:] // amd64.deb
	for hash, files := range answer {
		for _, f := range files {
			if strings.HasSuffix(f.Name, "_"+arch) {
				return s.mirrors.Snapshot + "/file/" + url.PathEscape(hash), nil
			}
		}
	}
	return "", nil
}

// imagePackage returns the name and version of a package with the kernel's image, "" if
// there is none.
func (s *Source) imagePackage(ctx context.Context, exact string, version kernel.Version, arch kernel.Arch) (name, binary string, err error) {
	if name = "linux-image-" + exact; imageForms[arch.OrDefault()].MatchString(name) {
		var answer struct {
			Result []struct {
				Version string `json:"binary_version"`
			}
		}
		err = s.askSnapshot(ctx, "/mr/binary/"+url.PathEscape(name)+"/", &answer)
		if err != nil || len(answer.Result) == 0 {
			return "", "", err
		}
		return name, answer.Result[0].Version, nil
	}
	// Before 4.19, and of architectures without signed kernels, there is only the latter.
	for _, source := range []string{"linux-signed-" + string(arch.OrDefault()), "linux"} {
		name, binary, err = s.builtFrom(ctx, source, version, arch)
		if err != nil && !errors.Is(err, kernel.ErrGone) || name != "" {
			return name, binary, err
		}
	}
	return "", "", nil
}

// builtFrom returns a package with an image that was built from a source package of the
// version.
func (s *Source) builtFrom(ctx context.Context, source string, version kernel.Version, arch kernel.Arch) (name, binary string, err error) {
	var versions struct{ Result []struct{ Version string } }
	if err := s.askSnapshot(ctx, "/mr/package/"+source+"/", &versions); err != nil {
		return "", "", err
	}
	for _, v := range versions.Result {
		parsed, err := kernel.ParseVersion(v.Version)
		if err != nil || parsed != version || strings.Contains(v.Version, "~bpo") || strings.Contains(v.Version, "deb") {
			continue
		}
		var built struct {
			Result []struct{ Name, Version string }
		}
		if err := s.askSnapshot(ctx, "/mr/package/"+source+"/"+url.PathEscape(v.Version)+"/binpackages", &built); err != nil {
			return "", "", err
		}
		for _, b := range built.Result {
			if _, _, ok := imageOf(arch, b.Name); ok {
				return b.Name, b.Version, nil
			}
		}
	}
	return "", "", nil
}

func (s *Source) askSnapshot(ctx context.Context, path string, answer any) error {
	text, err := s.archive.Blobs.Document(ctx, s.mirrors.Snapshot+path, maxAnswer)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s%s: %w", s.mirrors.Snapshot, path, err)
	}
	return nil
}
