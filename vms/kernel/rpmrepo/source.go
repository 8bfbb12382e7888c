package rpmrepo

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/rpm"
	"github.com/bpflab/bpflab/vms/kernel/unpack"
)

// Source is one vendor. It satisfies kernel.Source and kernel.Unpacker.
type Source struct {
	vendor vendor
	roots  []string
	builds string // see vendor
	keys   func(names []string) (openpgp.EntityList, error)
	now    func() time.Time
	blobs  kernel.Blobs
	states kernel.States
}

// Options of New. Blobs and States are required.
type Options struct {
	Mirror string           // the URL to use in place of the vendor's; its archive is then used too where it lacks a file
	Only   bool             // Mirror alone, for tests
	Keys   []byte           // armored, nil: those of the vendor
	Now    func() time.Time // nil: time.Now
	Blobs  kernel.Blobs
	States kernel.States
}

// Names returns the names of all vendors' sources.
func Names() []string {
	names := make([]string, len(vendors))
	for i, v := range vendors {
		names[i] = v.name
	}
	return names
}

// New returns the source of a vendor. It contacts nobody.
func New(name string, o Options) (*Source, error) {
	i := slices.IndexFunc(vendors, func(v vendor) bool { return v.name == name })
	if i < 0 {
		return nil, fmt.Errorf("there is no vendor %q", name)
	}
	s := &Source{vendors[i], vendors[i].roots, vendors[i].builds, vendorKeys, o.Now, o.Blobs, o.States}
	if o.Now == nil {
		s.now = time.Now
	}
	if given := os.Getenv("BPFLAB_KOJI"); given != "" && s.builds != "" {
		url, err := checkMirror(given)
		if err != nil {
			return nil, fmt.Errorf("BPFLAB_KOJI: %w", err)
		}
		s.builds = url
	}
	if o.Keys != nil {
		s.keys = func([]string) (openpgp.EntityList, error) { return readKeys(string(o.Keys)) }
	}
	if o.Mirror != "" {
		mirror, err := checkMirror(o.Mirror)
		if err != nil {
			return nil, err
		}
		s.roots = append([]string{mirror}, s.roots[1:]...)
		if o.Only {
			s.roots, s.builds = s.roots[:1], ""
		}
	}
	return s, nil
}

func checkMirror(given string) (string, error) {
	u, err := url.Parse(given)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Host == "" {
		return "", fmt.Errorf("mirror %q is no http or https URL", given)
	}
	return strings.TrimRight(given, "/"), nil
}

// Name returns the vendor's name.
func (s *Source) Name() string { return s.vendor.name }

// Claim returns the track that a selector of the vendor names.
func (s *Source) Claim(selector string) (string, bool, error) { return s.vendor.claim(selector) }

// Tracks returns the vendor's releases.
func (s *Source) Tracks() []string { return s.vendor.known }

// Mirror returns the URL of the vendor's mirror.
func (s *Source) Mirror() string { return s.roots[0] + "/" }

// List returns the kernels of a track, or of all. It has none for selectors that name no
// source: the versions of these kernels say little about them.
func (s *Source) List(ctx context.Context, want kernel.Want) ([]kernel.Ref, []string, error) {
	if want.Every {
		return s.listAll(ctx, want)
	}
	if want.Track == "" {
		return nil, nil, nil
	}
	refs, notes, err := s.listTrack(ctx, want.Track)
	return within(refs, want.Within), notes, err
}

func (s *Source) listAll(ctx context.Context, want kernel.Want) (refs []kernel.Ref, notes []string, err error) {
	var failures []error
	for _, track := range s.vendor.known {
		found, more, err := s.listTrack(ctx, track)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			failures = append(failures, err)
			notes = append(notes, err.Error())
		}
		refs, notes = append(refs, within(found, want.Within)...), append(notes, more...)
	}
	if len(failures) == len(s.vendor.known) {
		return nil, nil, failures[0]
	}
	slices.SortStableFunc(refs, compareRefs)
	return refs, notes, nil
}

func within(refs []kernel.Ref, want kernel.Range) []kernel.Ref {
	return slices.DeleteFunc(refs, func(r kernel.Ref) bool { return !want.Contains(r.Version) })
}

// compareRefs orders by the package's version as rpm does.
func compareRefs(a, b kernel.Ref) int {
	return cmp.Or(a.Version.Compare(b.Version), rpm.CompareEVR(a.Package().Version, b.Package().Version))
}

// listTrack returns the kernels of the repositories of a track. One that does not answer is
// a note; if none does, the error is the first one's.
func (s *Source) listTrack(ctx context.Context, track string) (refs []kernel.Ref, notes []string, err error) {
	r, err := s.release(track)
	if err != nil {
		return nil, nil, err
	}
	var failures []error
	for _, repo := range r.repositories {
		found, err := s.listRepository(ctx, track, r, repo)
		if ctx.Err() != nil {
			return nil, nil, ctx.Err()
		}
		if err != nil {
			err = &kernel.UnavailableError{What: s.vendor.title + " " + track + ", " + repo.name, Err: err}
			failures = append(failures, err)
			notes = append(notes, err.Error())
		}
		refs = append(refs, found...)
	}
	if len(failures) == len(r.repositories) {
		return nil, nil, failures[0]
	}
	slices.SortStableFunc(refs, compareRefs)
	return refs, notes, nil
}

func (s *Source) release(track string) (release, error) {
	r, ok := s.vendor.track(track)
	if !ok {
		return r, fmt.Errorf("%s has no release %q; is the lock file from a newer bpflab?", s.vendor.title, track)
	}
	return r, nil
}

// Fetch brings the packages of ref into the store, from the first of the vendor's places that
// has them, and verifies their signatures.
func (s *Source) Fetch(ctx context.Context, ref kernel.Ref) ([]string, error) {
	r, err := s.release(ref.Track)
	if err != nil {
		return nil, err
	}
	var paths []string
	for _, file := range ref.Files {
		path, err := s.fetch(ctx, r, file)
		if err != nil {
			return nil, err
		}
		if _, err := s.verify(ctx, r, file, path); err != nil {
			err = &kernel.UnavailableError{What: s.vendor.title + " " + ref.Track, Err: err}
			return nil, errors.Join(err, s.blobs.Drop(file))
		}
		paths = append(paths, path)
	}
	return paths, nil
}

func (s *Source) fetch(ctx context.Context, r release, file kernel.File) (string, error) {
	var gone error
	for _, path := range s.paths(file) {
		for _, root := range s.roots {
			path, err := s.blobs.Blob(ctx, file, root+"/"+path)
			if !errors.Is(err, kernel.ErrGone) {
				return path, err
			}
			gone = err
		}
	}
	for _, url := range s.builtAs(r, file) {
		path, err := s.blobs.Blob(ctx, file, url)
		if err == nil || ctx.Err() != nil {
			return path, err
		}
		if !errors.Is(err, kernel.ErrGone) {
			gone = fmt.Errorf("%w, and cannot be had elsewhere: %v", gone, err)
		}
	}
	return "", gone
}

// paths returns those at which a package may lie, the listed one first.
func (s *Source) paths(file kernel.File) []string {
	paths := []string{file.Path}
	if s.vendor.moved == nil {
		return paths
	}
	if moved := s.vendor.moved(file); moved != "" {
		paths = append(paths, moved)
	}
	return paths
}

// verify checks the package's signature, and that it is the one that the metadata means.
func (s *Source) verify(ctx context.Context, r release, file kernel.File, path string) (rpm.Signer, error) {
	keys, err := s.keys(r.keys)
	if err != nil {
		return rpm.Signer{}, err
	}
	p, err := rpm.Open(path)
	if err != nil {
		return rpm.Signer{}, fmt.Errorf("%s: %w", file.Path, err)
	}
	signer, err := p.Verify(ctx, keys)
	if err != nil {
		return signer, fmt.Errorf("%s: %w", file.Path, err)
	}
	if p.Name != file.Package || p.EVR() != file.Version {
		return signer, fmt.Errorf("%s: it is %s %s, and its repository says %s %s", file.Path, p.Name, p.EVR(), file.Package, file.Version)
	}
	return signer, nil
}

// Unpack lays out the kernel, after the signatures are verified once more: the image records
// who signed the package with the kernel in it.
func (s *Source) Unpack(ctx context.Context, ref kernel.Ref, files []string, dir string) (kernel.Image, error) {
	r, err := s.release(ref.Track)
	if err != nil {
		return kernel.Image{}, err
	}
	var signers []rpm.Signer
	for i, file := range files {
		signer, err := s.verify(ctx, r, ref.Files[i], file)
		if err != nil {
			return kernel.Image{}, err
		}
		signers = append(signers, signer)
	}
	image, err := unpack.Packages(ctx, files, dir)
	if err == nil && len(signers) > 0 {
		image.Signer = signers[0].Fingerprint
	}
	return image, err
}
