package oci

import (
	"cmp"
	"context"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// keysVariable lists files with the public keys of which one must have signed an image of a
// registry, with the separator of PATH between them.
const keysVariable = "BPFLAB_OCI_KEYS"

// Key is a public key that may vouch for images.
type Key struct {
	crypto.PublicKey
	Fingerprint string // SHA-256 of the key in DER, in hex
}

// KeysFromEnvironment reads the keys of BPFLAB_OCI_KEYS, files in PEM as `cosign
// generate-key-pair` writes them. The error names the file.
func KeysFromEnvironment() ([]Key, error) {
	var keys []Key
	for _, file := range filepath.SplitList(os.Getenv(keysVariable)) {
		key, err := readKey(file)
		if err != nil {
			return nil, fmt.Errorf("%s: %s: %w", keysVariable, file, err)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

func readKey(file string) (Key, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return Key{}, errors.Unwrap(err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return Key{}, errors.New("no public key in PEM, as cosign.pub is")
	}
	key, err := x509.ParsePKIXPublicKey(block.Bytes)
	if err != nil {
		return Key{}, fmt.Errorf("no public key, but %s: %w", block.Type, err)
	}
	return Key{key, fmt.Sprintf("%X", sha256.Sum256(block.Bytes))}, nil
}

// verifies reports whether a signature of the text is the key's.
func (k Key) verifies(text, signature []byte) bool {
	digest := sha256.Sum256(text)
	switch key := k.PublicKey.(type) {
	case *ecdsa.PublicKey:
		return ecdsa.VerifyASN1(key, digest[:], signature)
	case ed25519.PublicKey:
		return ed25519.Verify(key, text, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

// What cosign writes for an image: an image of its own, tagged with the digest of the one that is
// signed, with a payload and its signature in each layer. From cosign's
// specs/SIGNATURE_SPEC.md.
const (
	signatureSuffix     = ".sig"
	signatureAnnotation = "dev.cosignproject.cosign/signature"
	maxPayload          = 1 << 20
)

// errUnsigned is an image without a signature of a key that was asked for.
var errUnsigned = errors.New("no key of " + keysVariable + " has signed it")

// signer returns which of the keys has signed the image with this digest. Errors are
// errUnsigned, or the registry's.
func signer(ctx context.Context, repository name.Repository, digest v1.Hash, keys []Key) (Key, error) {
	tag := repository.Tag(strings.Replace(digest.String(), ":", "-", 1) + signatureSuffix)
	signatures, err := remote.Image(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return Key{}, fmt.Errorf("%w: there is no %s", errUnsigned, tag)
	}
	if err != nil {
		return Key{}, err
	}
	manifest, err := signatures.Manifest()
	if err != nil {
		return Key{}, err
	}
	for _, layer := range manifest.Layers {
		signature, err := base64.StdEncoding.DecodeString(layer.Annotations[signatureAnnotation])
		if err != nil || len(signature) == 0 {
			continue // another one may be good
		}
		text, err := payload(signatures, layer.Digest)
		if err != nil {
			return Key{}, err
		}
		for _, key := range keys {
			if key.verifies(text, signature) && names(text, digest) {
				return key, nil
			}
		}
	}
	return Key{}, errUnsigned
}

// payload returns what a layer says. The library compares it with the layer's digest.
func payload(image v1.Image, digest v1.Hash) ([]byte, error) {
	layer, err := image.LayerByDigest(digest)
	if err != nil {
		return nil, err
	}
	r, err := layer.Compressed()
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(io.LimitReader(r, maxPayload+1))
	if err == nil && len(text) > maxPayload {
		err = fmt.Errorf("signature %s has more than %d bytes", digest, maxPayload)
	}
	return text, cmp.Or(err, r.Close())
}

// names reports whether a payload is about the image with this digest.
func names(text []byte, digest v1.Hash) bool {
	var p struct {
		Critical struct {
			Image struct {
				Digest string `json:"docker-manifest-digest"`
			} `json:"image"`
		} `json:"critical"`
	}
	return json.Unmarshal(text, &p) == nil && p.Critical.Image.Digest == digest.String()
}
