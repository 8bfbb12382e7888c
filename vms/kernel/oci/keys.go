package oci

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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
		return ecdsa.VerifyASN1(key, digest[:], signature) || ecdsa.VerifyASN1(key, longDigest(key, text), signature)
	case ed25519.PublicKey:
		return ed25519.Verify(key, text, signature)
	case *rsa.PublicKey:
		return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], signature) == nil
	}
	return false
}

// longDigest returns the digest of a text that bundles have for keys of longer curves, as
// sigstore/protobuf-specs names them (PKIX_ECDSA_P384_SHA_384). Versions 1 and 2 have SHA-256.
func longDigest(key *ecdsa.PublicKey, text []byte) []byte {
	if key.Curve.Params().BitSize > 384 {
		digest := sha512.Sum512(text)
		return digest[:]
	}
	digest := sha512.Sum384(text)
	return digest[:]
}
