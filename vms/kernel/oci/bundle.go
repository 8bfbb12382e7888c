package oci

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// What version 3 of cosign writes for an image: a bundle, in an image of its own that refers to
// the one that is signed (cosign's specs/BUNDLE_SPEC.md; sigstore/protobuf-specs,
// protos/sigstore_bundle.proto). In it is an envelope (secure-systems-lab/dsse, protocol.md) with
// a statement of in-toto (in-toto/attestation, spec/v1/statement.md), whose predicate says that it
// is a signature, and no list of parts or the like.
const (
	bundleType    = "application/vnd.dev.sigstore.bundle"
	statementType = "application/vnd.in-toto+json"
	signPredicate = "https://sigstore.dev/cosign/sign/v1"
	maxBundles    = 64 // of one image
)

type bundle struct {
	Material struct {
		Certificate json.RawMessage `json:"certificate"`
		Chain       json.RawMessage `json:"x509CertificateChain"`
	} `json:"verificationMaterial"`
	Envelope envelope `json:"dsseEnvelope"`
}

type envelope struct {
	Type       string `json:"payloadType"`
	Payload    []byte `json:"payload"`
	Signatures []struct {
		Signature []byte `json:"sig"`
	} `json:"signatures"`
}

// signed returns the bytes that are signed: type and payload, each behind its length.
func (e envelope) signed() []byte {
	return fmt.Appendf(nil, "DSSEv1 %d %s %d %s", len(e.Type), e.Type, len(e.Payload), e.Payload)
}

// states reports whether the envelope says that the image with this digest is signed.
func (e envelope) states(digest v1.Hash) bool {
	var s struct {
		Predicate string `json:"predicateType"`
		Subject   []struct {
			Digest map[string]string `json:"digest"`
		} `json:"subject"`
	}
	if e.Type != statementType || json.Unmarshal(e.Payload, &s) != nil || s.Predicate != signPredicate {
		return false
	}
	for _, one := range s.Subject {
		if one.Digest[digest.Algorithm] == digest.Hex {
			return true
		}
	}
	return false
}

// referring looks for a signature of one of the keys as version 3 of cosign attaches it.
func referring(ctx context.Context, repository name.Repository, digest v1.Hash, keys []Key, rest *others) (*Key, error) {
	index, err := remote.Referrers(repository.Digest(digest.String()), remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return nil, err
	}
	manifest, err := index.IndexManifest()
	if err != nil {
		return nil, err
	}
	looked := 0
	for _, one := range manifest.Manifests {
		if !strings.HasPrefix(one.ArtifactType, bundleType) || looked == maxBundles {
			continue
		}
		looked++
		found, err := readBundle(ctx, repository.Digest(one.Digest.String()))
		if err != nil {
			return nil, err
		}
		if key := found.signer(digest, keys); key != nil {
			return key, nil
		}
		if found.Envelope.states(digest) {
			rest.count(len(found.Material.Certificate)+len(found.Material.Chain) > 0)
		} else {
			rest.bundles++
		}
	}
	return nil, nil
}

// signer returns the key that has signed the image, nil if none has.
func (b bundle) signer(digest v1.Hash, keys []Key) *Key {
	if !b.Envelope.states(digest) {
		return nil
	}
	for _, one := range b.Envelope.Signatures {
		if key := keyOf(keys, b.Envelope.signed(), one.Signature); key != nil {
			return key
		}
	}
	return nil
}

// readBundle reads the bundle in an image. One that has left its registry, or cannot be read, is
// an empty one: another may be good.
func readBundle(ctx context.Context, at name.Digest) (bundle, error) {
	var b bundle
	image, err := attachedImage(ctx, at)
	if image == nil {
		return b, err
	}
	manifest, err := image.Manifest()
	if err != nil || len(manifest.Layers) == 0 {
		return b, err
	}
	text, err := payload(image, manifest.Layers[0].Digest)
	if err != nil {
		return b, err
	}
	if json.Unmarshal(text, &b) != nil {
		return bundle{}, nil
	}
	return b, nil
}
