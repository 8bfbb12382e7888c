package rpm

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"strings"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
)

// Signer is the key that signed a package.
type Signer struct {
	Fingerprint string    // of the primary key, hex
	Created     time.Time // when it signed
}

// Verify reads the whole file and returns which of the keys signed it. A key counts as of
// the time of the signature: one that has expired since then still proves what it signed,
// and one that had expired when it signed is ErrExpired. Other errors are ErrUnsigned,
// ErrKey, ErrSignature and ErrDigest, each with the key or digest concerned.
func (p *Package) Verify(ctx context.Context, keys openpgp.EntityList) (Signer, error) {
	signer, err := p.verify(ctx, keys)
	if err != nil {
		err = fmt.Errorf("package %s: %w", p.file, err)
	}
	return signer, err
}

func (p *Package) verify(ctx context.Context, keys openpgp.EntityList) (Signer, error) {
	signer, err := firstValid(keys, p.headerSignatures(), func(h hash.Hash) { h.Write(p.header.raw) })
	if err != nil && !errors.Is(err, ErrUnsigned) {
		return signer, err
	}
	digest := p.header.text(tagPayloadSHA256)
	if err == nil && digest != "" {
		return signer, p.verifyDigest(ctx, digest)
	}
	signer, wholeErr := p.verifyWhole(ctx, keys)
	if errors.Is(wholeErr, ErrUnsigned) && err == nil {
		wholeErr = fmt.Errorf("%w: its signature covers the header alone, which has no digest of the payload", ErrUnsigned)
	}
	return signer, wholeErr
}

// verifyDigest compares the payload with its digest in the header.
func (p *Package) verifyDigest(ctx context.Context, want string) error {
	h := sha256.New()
	if err := p.copyPayload(ctx, h); err != nil {
		return err
	}
	if got := hex.EncodeToString(h.Sum(nil)); !strings.EqualFold(got, want) {
		return fmt.Errorf("%w: its SHA-256 is %s, and the header has %s", ErrDigest, got, want)
	}
	return nil
}

// verifyWhole finds a signature over header and payload.
func (p *Package) verifyWhole(ctx context.Context, keys openpgp.EntityList) (Signer, error) {
	var readErr error
	signer, err := firstValid(keys, p.packageSignatures(), func(h hash.Hash) {
		h.Write(p.header.raw)
		readErr = errors.Join(readErr, p.copyPayload(ctx, h))
	})
	if readErr != nil {
		return Signer{}, readErr
	}
	return signer, err
}

func (p *Package) copyPayload(ctx context.Context, to io.Writer) error {
	f, err := p.open()
	if err != nil {
		return err
	}
	defer f.Close()
	buffer := make([]byte, 1<<18)
	for {
		n, err := f.Read(buffer)
		to.Write(buffer[:n])
		if err == io.EOF {
			return nil
		}
		if err = errors.Join(err, ctx.Err()); err != nil {
			return err
		}
	}
}

// firstValid returns the signer of the first of the signatures that one of the keys made;
// content writes what was signed. The error is that of the signature that came closest.
func firstValid(keys openpgp.EntityList, signatures [][]byte, content func(hash.Hash)) (Signer, error) {
	closest := error(ErrUnsigned)
	for _, raw := range signatures {
		s, err := parseSignature(raw)
		if err != nil {
			closest = closer(closest, fmt.Errorf("%w: %w", ErrSignature, err))
			continue
		}
		signer, err := s.check(keys, content)
		if err == nil {
			return signer, nil
		}
		closest = closer(closest, err)
	}
	return Signer{}, closest
}

// closer returns the error that says more: an unknown key, then one that was found.
func closer(a, b error) error {
	if errors.Is(a, ErrUnsigned) || errors.Is(a, ErrKey) {
		return b
	}
	return a
}

// check verifies s with the one of the keys that it names.
func (s signature) check(keys openpgp.EntityList, content func(hash.Hash)) (Signer, error) {
	found := keys.KeysById(s.key)
	if len(found) == 0 {
		return Signer{}, fmt.Errorf("%w: %016X; wanted %s", ErrKey, s.key, names(keys))
	}
	key := found[0]
	content(s.hash)
	if err := s.verify(s.hash, key.PublicKey); err != nil {
		return Signer{}, fmt.Errorf("%w: key %016X: %w", ErrSignature, s.key, err)
	}
	signer := Signer{fmt.Sprintf("%X", key.Entity.PrimaryKey.Fingerprint), s.created}
	return signer, s.checkKey(key)
}

// checkKey reports whether the key was good when it signed.
func (s signature) checkKey(key openpgp.Key) error {
	self, identity := key.Entity.PrimarySelfSignature()
	switch {
	case self == nil || key.SelfSignature == nil || key.SelfSignature.FlagsValid && !key.SelfSignature.FlagSign:
		return fmt.Errorf("%w: key %016X is not for signing", ErrSignature, s.key)
	case key.Entity.Revoked(s.created) || key.Revoked(s.created) || identity != nil && identity.Revoked(s.created):
		return fmt.Errorf("%w: key %016X is revoked", ErrSignature, s.key)
	case key.Entity.PrimaryKey.KeyExpired(self, s.created) || key.PublicKey.KeyExpired(key.SelfSignature, s.created):
		return fmt.Errorf("%w: %016X on %s; the vendor may have another one by now", ErrExpired, s.key, s.created.UTC().Format(time.DateOnly))
	}
	return nil
}

// names returns the short names of keys for a message.
func names(keys openpgp.EntityList) string {
	var all []string
	for _, e := range keys {
		all = append(all, fmt.Sprintf("%016X", e.PrimaryKey.KeyId))
	}
	return strings.Join(all, ", ")
}
