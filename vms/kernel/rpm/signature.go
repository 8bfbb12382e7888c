package rpm

import (
	"bytes"
	"crypto"
	"crypto/rsa"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp/packet"
)

// Tags of the signature header that hold OpenPGP signatures.
const (
	tagDSA     = 267  // over the header; EdDSA and ECDSA as well
	tagRSA     = 268  // over the header
	tagOpenPGP = 278  // over the header, base64, any number of them; since rpm 6
	tagPGP     = 1002 // over header and payload
	tagGPG     = 1005 // over header and payload
)

// signature is one OpenPGP signature of a package.
type signature struct {
	key     uint64 // who made it
	created time.Time
	hash    hash.Hash // takes what was signed
	verify  func(hash.Hash, *packet.PublicKey) error
}

// headerSignatures returns those that cover the header alone.
func (p *Package) headerSignatures() [][]byte {
	all := p.binaries(tagRSA, tagDSA)
	for _, text := range p.signatures.texts(tagOpenPGP) {
		if raw, err := base64.StdEncoding.DecodeString(text); err == nil {
			all = append(all, raw)
		}
	}
	return all
}

// packageSignatures returns those that cover header and payload.
func (p *Package) packageSignatures() [][]byte { return p.binaries(tagPGP, tagGPG) }

func (p *Package) binaries(tags ...uint32) [][]byte {
	var all [][]byte
	for _, tag := range tags {
		if raw := p.signatures.bytes(tag); len(raw) > 0 {
			all = append(all, raw)
		}
	}
	return all
}

// parseSignature reads an OpenPGP signature packet of version 3, which most vendors' signing
// servers still make, or of a later one.
func parseSignature(raw []byte) (signature, error) {
	opaque, err := packet.NewOpaqueReader(bytes.NewReader(raw)).Next()
	if err != nil {
		return signature{}, err
	}
	const signatureTag = 2
	if opaque.Tag != signatureTag || len(opaque.Contents) == 0 {
		return signature{}, errors.New("no OpenPGP signature")
	}
	if opaque.Contents[0] == 3 {
		return parseVersion3(opaque.Contents)
	}
	parsed, err := opaque.Parse()
	if err != nil {
		return signature{}, err
	}
	s, ok := parsed.(*packet.Signature)
	if !ok || s.IssuerKeyId == nil || s.SigType != packet.SigTypeBinary || !strong(s.Hash) {
		return signature{}, errors.New("no signature over bytes with SHA-2 by a named key")
	}
	h, err := s.PrepareVerify()
	return signature{*s.IssuerKeyId, s.CreationTime, h, func(h hash.Hash, key *packet.PublicKey) error {
		return key.VerifySignature(h, s)
	}}, err
}

// hashes are OpenPGP's numbers of those that are taken.
var hashes = map[byte]crypto.Hash{8: crypto.SHA256, 9: crypto.SHA384, 10: crypto.SHA512}

func strong(h crypto.Hash) bool {
	return h == crypto.SHA256 || h == crypto.SHA384 || h == crypto.SHA512
}

// parseVersion3 reads a signature packet as RFC 4880 has it in 5.2.2, which go-crypto no
// longer reads. It takes RSA alone: DSA keys of that time are too short to trust.
func parseVersion3(body []byte) (signature, error) {
	const fixed = 19 // bytes before the number that is the signature
	if len(body) < fixed+2 || body[1] != 5 || body[2] != byte(packet.SigTypeBinary) {
		return signature{}, errors.New("no signature over bytes")
	}
	algorithm, h := packet.PublicKeyAlgorithm(body[15]), hashes[body[16]]
	if algorithm != packet.PubKeyAlgoRSA && algorithm != packet.PubKeyAlgoRSASignOnly || !strong(h) {
		return signature{}, errors.New("no signature with RSA and SHA-2")
	}
	bits := binary.BigEndian.Uint16(body[fixed:])
	number := body[fixed+2:]
	if len(number) != (int(bits)+7)/8 {
		return signature{}, errors.New("a signature of another length than it says")
	}
	suffix := bytes.Clone(body[2:7]) // kind and time, which are signed as well
	s := signature{
		key: binary.BigEndian.Uint64(body[7:]), hash: h.New(),
		created: time.Unix(int64(binary.BigEndian.Uint32(body[3:])), 0),
	}
	s.verify = func(sum hash.Hash, key *packet.PublicKey) error {
		sum.Write(suffix)
		return verifyRSA(key, h, sum.Sum(nil), number)
	}
	return s, nil
}

func verifyRSA(key *packet.PublicKey, h crypto.Hash, digest, number []byte) error {
	public, ok := key.PublicKey.(*rsa.PublicKey)
	if !ok {
		return fmt.Errorf("key %s is no RSA key", key.KeyIdString())
	}
	padded := make([]byte, public.Size())
	if len(number) > len(padded) {
		return errors.New("the signature is longer than the key")
	}
	copy(padded[len(padded)-len(number):], number)
	return rsa.VerifyPKCS1v15(public, h, digest, padded)
}
