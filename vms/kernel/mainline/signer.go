package mainline

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	pgperrors "github.com/ProtonMail/go-crypto/openpgp/errors"
	"github.com/ProtonMail/go-crypto/openpgp/packet"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/apt"
)

// ErrSignature is a CHECKSUMS that must not be trusted.
var ErrSignature = errors.New("not signed by the key of Ubuntu's kernel team")

const (
	keyState = "mainline.key" // where the key is kept between runs
	maxKey   = 1 << 20
)

// signer checks signatures of the one key that counts. The key itself comes from a key
// server, which need not be trusted: a key that has the fingerprint is the key.
type signer struct {
	server      string
	fingerprint string
	now         func() time.Time
	blobs       kernel.Blobs
	states      kernel.States
}

// verify returns an error unless signature, armored or not, is the key's of text. A key that has
// expired since it was fetched may have been given more time: it is fetched once more then.
func (s signer) verify(ctx context.Context, text, signature []byte) error {
	saved, err := s.states.ReadState(keyState)
	if err != nil {
		return err
	}
	if key := s.find(saved); key != nil {
		if err := s.check(key, text, signature); !errors.Is(err, pgperrors.ErrKeyExpired) {
			return err
		}
	}
	key, err := s.fetch(ctx)
	if err != nil {
		return err
	}
	return s.check(key, text, signature)
}

func (s signer) check(key *openpgp.Entity, text, signature []byte) error {
	check := openpgp.CheckDetachedSignature
	if bytes.HasPrefix(bytes.TrimSpace(signature), []byte("-----BEGIN")) {
		check = openpgp.CheckArmoredDetachedSignature
	}
	config := &packet.Config{Time: s.now}
	if _, err := check(openpgp.EntityList{key}, bytes.NewReader(text), bytes.NewReader(signature), config); err != nil {
		return fmt.Errorf("%w: %w", ErrSignature, err)
	}
	return nil
}

// fetch returns the key from the key server, and keeps it.
func (s signer) fetch(ctx context.Context) (*openpgp.Entity, error) {
	url := s.server + "/pks/lookup?op=get&options=mr&search=0x" + s.fingerprint
	armored, err := s.blobs.Document(ctx, url, maxKey)
	if err != nil {
		return nil, fmt.Errorf("the key %s cannot be had (another server can be named with BPFLAB_KEYSERVER): %v", s.fingerprint, err)
	}
	key := s.find(armored)
	if key == nil {
		return nil, fmt.Errorf("%w: %s has another key than %s", ErrSignature, s.server, s.fingerprint)
	}
	return key, s.states.WriteState(ctx, keyState, armored)
}

// find returns the key with the fingerprint among armored ones.
func (s signer) find(armored []byte) *openpgp.Entity {
	ring, _ := apt.Ring(armored) // what is unreadable has no key
	for _, key := range ring {
		if apt.Fingerprint(key) == s.fingerprint {
			return key
		}
	}
	return nil
}
