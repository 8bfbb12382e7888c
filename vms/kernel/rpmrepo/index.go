package rpmrepo

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/repomd"
)

// Errors of metadata that must not be trusted.
var (
	ErrSignature = errors.New("not signed by a key of its vendor")
	ErrExpired   = errors.New("signed by a key that has expired")
	ErrReplayed  = errors.New("older than what was seen before")
)

// maxDocument caps a repomd.xml, a signature or a mirror list. They are some 10 KB.
const maxDocument = 4 << 20

// place is a repository as it was found.
type place struct {
	path   string // below root
	index  repomd.Index
	root   string
	signer string // fingerprint of the key that signed the index, "" if that is unsigned
}

// listRepository returns the kernels of one repository.
func (s *Source) listRepository(ctx context.Context, track string, r release, repo repository) ([]kernel.Ref, error) {
	found, err := s.findRepository(ctx, r, repo)
	if err != nil {
		return nil, err
	}
	state := "rpm-" + s.vendor.name + "-" + strings.ReplaceAll(track, "/", "-") + "-" + repo.name
	if err := s.checkReplay(ctx, state+".date", found.index.Made); err != nil {
		return nil, fmt.Errorf("%s: %w", found.path, err)
	}
	packages, err := s.packages(ctx, state+".index", r, found)
	if err != nil {
		return nil, err
	}
	return kernels(s.vendor.name, track, r, repo, found, packages)
}

// findRepository fetches repomd.xml from the first of the vendor's places that has it.
func (s *Source) findRepository(ctx context.Context, r release, repo repository) (place, error) {
	var gone error
	for _, root := range s.roots {
		found, err := s.openRepository(ctx, root, r, repo)
		if !errors.Is(err, kernel.ErrGone) {
			return found, err
		}
		gone = err
	}
	return place{}, gone
}

func (s *Source) openRepository(ctx context.Context, root string, r release, repo repository) (place, error) {
	found := place{path: repo.path, root: root}
	var err error
	if repo.list {
		if found.path, err = s.listed(ctx, root+"/"+repo.path); err != nil {
			return found, err
		}
	}
	at := root + "/" + found.path + "/repodata/repomd.xml"
	text, err := s.blobs.Document(ctx, at, maxDocument)
	if err != nil {
		return found, err
	}
	if found.index, err = repomd.ParseIndex(text); err == nil && r.signed {
		now := s.now()
		if r.ended {
			now = found.index.Made
		}
		found.signer, err = s.verifyIndex(ctx, r, at, text, now)
	}
	if err != nil {
		err = fmt.Errorf("%s: %w", at, err)
	}
	return found, err
}

// listed reads a mirror list, whose first line is the URL of the repository on the vendor's
// own host. Its path is the same on every mirror, and is taken from the one that has the list.
func (s *Source) listed(ctx context.Context, at string) (string, error) {
	text, err := s.blobs.Document(ctx, at, maxDocument)
	if err != nil {
		return "", err
	}
	line, _, _ := strings.Cut(string(text), "\n")
	line = strings.ReplaceAll(strings.TrimSpace(line), "$basearch", "x86_64")
	u, err := url.Parse(line)
	path := ""
	if err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" {
		path, err = repomd.File{Path: strings.Trim(u.Path, "/")}.Below("")
	}
	if err != nil || path == "" || path == "." {
		return "", fmt.Errorf("%s: %q is no http or https URL of a repository", at, line)
	}
	return path, nil
}

// verifyIndex returns the fingerprint of the key that signed a repomd.xml. The key must be
// good at the time now: what it signs says what is current.
func (s *Source) verifyIndex(ctx context.Context, r release, at string, text []byte, now time.Time) (string, error) {
	signature, err := s.blobs.Document(ctx, at+".asc", maxDocument)
	if errors.Is(err, kernel.ErrGone) {
		return "", fmt.Errorf("%w: there is no repomd.xml.asc", ErrSignature)
	}
	if err != nil {
		return "", err
	}
	keys, err := s.keys(r.keys)
	if err != nil {
		return "", err
	}
	config := &packet.Config{Time: func() time.Time { return now }}
	signer, err := openpgp.CheckArmoredDetachedSignature(keys, bytes.NewReader(text), bytes.NewReader(signature), config)
	switch {
	case errors.Is(err, pgperrors.ErrKeyExpired):
		return "", fmt.Errorf("%w: %s; the vendor may have another one by now", ErrExpired, signer.PrimaryKey.KeyIdString())
	case err != nil:
		return "", fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return fmt.Sprintf("%X", signer.PrimaryKey.Fingerprint), nil
}

// checkReplay refuses metadata older than the newest seen, and remembers the newer.
func (s *Source) checkReplay(ctx context.Context, name string, made time.Time) error {
	text, err := s.states.ReadState(name)
	if err != nil {
		return err
	}
	seen, _ := time.Parse(time.RFC3339, string(text)) // what is unreadable was never seen
	switch c := made.Compare(seen); {
	case c < 0:
		return fmt.Errorf("%w: it is from %s, one from %s was seen; use another mirror (--mirror %s=URL)",
			ErrReplayed, made.Format(time.DateTime), seen.Format(time.DateTime), s.vendor.name)
	case c == 0:
		return nil
	}
	return s.states.WriteState(ctx, name, []byte(made.Format(time.RFC3339)))
}

// savedIndex is what stays of a list of packages: its digest and the kernel's packages.
type savedIndex struct {
	SHA256   string           `json:"sha256"`
	Packages []repomd.Package `json:"packages"`
}

// packages returns the kernel's packages of a repository, from an earlier run if it had the
// same list. All tracks of a repository share it, so those of others are in it too.
func (s *Source) packages(ctx context.Context, name string, r release, found place) ([]repomd.Package, error) {
	primary := found.index.Primary
	saved, err := s.states.ReadState(name)
	if err != nil {
		return nil, err
	}
	var index savedIndex
	if json.Unmarshal(saved, &index) == nil && index.SHA256 == primary.SHA256 {
		return index.Packages, nil
	}
	index = savedIndex{SHA256: primary.SHA256}
	if index.Packages, err = s.fetchPrimary(ctx, r, found); err != nil {
		return nil, err
	}
	text, err := json.Marshal(index)
	if err != nil {
		return nil, err
	}
	return index.Packages, s.states.WriteState(ctx, name, text)
}

func (s *Source) fetchPrimary(ctx context.Context, r release, found place) ([]repomd.Package, error) {
	primary := found.index.Primary
	path, err := primary.Below(found.path)
	if err != nil {
		return nil, err
	}
	file := kernel.File{Package: "primary.xml", Path: path, Size: primary.Size, SHA256: primary.SHA256}
	if file.Size == 0 {
		if file.Size, err = s.blobs.Length(ctx, found.root+"/"+path); err != nil {
			return nil, err
		}
	}
	name, err := s.blobs.Blob(ctx, file, found.root+"/"+path)
	if err != nil {
		return nil, err
	}
	wanted := slices.Concat(r.images, r.parts)
	packages, err := repomd.ReadPrimary(name, func(name string) bool { return slices.Contains(wanted, name) })
	return packages, errors.Join(err, s.blobs.Drop(file))
}
