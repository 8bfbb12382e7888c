package mainline

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/bpflab/bpflab/vms/kernel"
)

// Limits of what is read. The index is some 500 KB, a CHECKSUMS some 10.
const (
	maxIndex     = 8 << 20
	maxChecksums = 1 << 20
	maxTries     = 5 // builds of one series, newest first
)

// buildForm finds the directories of builds in the index: href="v6.6.9/".
var buildForm = regexp.MustCompile(`href="v(\d+\.\d+(?:\.\d+)?(?:-rc\d+)?)/"`)

// index returns the versions that there are builds of.
func (s *Source) index(ctx context.Context) ([]kernel.Version, error) {
	page, err := s.blobs.Document(ctx, s.mirror+"/", maxIndex)
	if err != nil {
		return nil, s.unavailable(err)
	}
	var versions []kernel.Version
	for _, m := range buildForm.FindAllSubmatch(page, -1) {
		if v, err := kernel.ParseVersion(string(m[1])); err == nil {
			versions = append(versions, v)
		}
	}
	if len(versions) == 0 {
		return nil, s.unavailable(fmt.Errorf("%s/ lists no builds", s.mirror))
	}
	return versions, nil
}

func (s *Source) unavailable(err error) error {
	return &kernel.UnavailableError{What: "mainline builds", Err: err}
}

// newest returns the first of the versions whose build is there and has this architecture.
func (s *Source) newest(ctx context.Context, versions []kernel.Version) (kernel.Ref, bool, error) {
	for _, v := range versions[:min(len(versions), maxTries)] {
		ref, err := s.build(ctx, v)
		switch {
		case errors.Is(err, kernel.ErrGone) || errors.Is(err, errNoPackages):
			continue
		case err != nil:
			return ref, false, s.unavailable(err)
		}
		return ref, true, nil
	}
	return kernel.Ref{}, false, nil
}

// build returns the kernel of one build.
func (s *Source) build(ctx context.Context, v kernel.Version) (kernel.Ref, error) {
	text, dir, err := s.checksums(ctx, "v"+v.String())
	if err != nil {
		return kernel.Ref{}, err
	}
	names, err := packagesOf(text, v)
	if err != nil {
		return kernel.Ref{}, fmt.Errorf("%s/%s/CHECKSUMS: %w", s.mirror, dir, err)
	}
	ref := kernel.Ref{
		Source: kernel.Mainline, Suite: "v" + v.String(), Flavour: kernel.Generic,
		Version: v, Release: names[0].release, Signer: s.key.fingerprint,
	}
	for _, p := range names {
		file := kernel.File{Package: p.name, Version: p.version, Path: dir + "/" + p.file, SHA256: p.sha256}
		if file.Size, err = s.blobs.Length(ctx, s.mirror+"/"+file.Path); err != nil {
			return ref, err
		}
		if err := file.Check(); err != nil {
			return ref, err
		}
		ref.Files = append(ref.Files, file)
	}
	return ref, nil
}

// checksums returns the verified CHECKSUMS of a build and the directory that has it: one for
// each architecture (as v5.10.10 has it), in older builds one for all (v4.9).
func (s *Source) checksums(ctx context.Context, build string) (text []byte, dir string, err error) {
	for _, dir = range []string{build + "/amd64", build} {
		url := s.mirror + "/" + dir + "/CHECKSUMS"
		text, err = s.blobs.Document(ctx, url, maxChecksums)
		if errors.Is(err, kernel.ErrGone) {
			continue
		}
		if err != nil {
			return nil, "", err
		}
		signature, err := s.blobs.Document(ctx, url+".gpg", maxChecksums)
		if errors.Is(err, kernel.ErrGone) {
			err = fmt.Errorf("%s: %w: there is no CHECKSUMS.gpg", url, ErrSignature)
		}
		if err != nil {
			return nil, "", err
		}
		if err := s.key.verify(ctx, text, signature); err != nil {
			return nil, "", fmt.Errorf("%s: %w", url, err)
		}
		return text, dir, nil
	}
	return nil, "", err
}
