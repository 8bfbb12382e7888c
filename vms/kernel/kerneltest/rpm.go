package kerneltest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/cavaliergopher/cpio"
	"github.com/klauspost/compress/zstd"
)

// RPM describes a package. Zero fields have what a package of today has.
type RPM struct {
	Name, Version, Release string
	Entries                []Entry
	Compressor             string         // gzip, xz, or zstd, which "" means
	Size                   uint64         // of the unpacked files, as the header claims
	NoDigest               bool           // no digest of the payload, as before rpm 4.14
	Whole                  bool           // signed over header and payload, as well
	Version3               bool           // signatures as signing servers make them; RSA keys alone
	Payload                []byte         // instead of what Entries pack to
	Tags                   map[int]string // further tags of the header, or others for those that are there
	Change                 func(header []byte)
}

// Tags of headers.
const (
	rpmDSA, rpmRSA, rpmPGP, rpmGPG = 267, 268, 1002, 1005
	rpmPayloadSHA256               = 5092
)

// Pack returns the package, signed with key at the time. A zero Key signs nothing.
func (p RPM) Pack(key Key, at time.Time) []byte {
	payload := p.Payload
	if payload == nil {
		payload = p.pack(cpioArchive(p.Entries))
	}
	header := rpmHeader(p.tags(payload), p.Size)
	signatures := map[int][]byte{}
	if key.entity != nil {
		alone, whole := rpmDSA, rpmGPG
		if _, ok := key.entity.PrivateKey.PrivateKey.(*rsa.PrivateKey); ok {
			alone, whole = rpmRSA, rpmPGP
		}
		signatures[alone] = p.sign(key, at, header)
		if p.Whole {
			signatures[whole] = p.sign(key, at, append(bytes.Clone(header), payload...))
		}
	}
	if p.Change != nil {
		p.Change(header)
	}
	lead := make([]byte, 96)
	copy(lead, "\xed\xab\xee\xdb\x03\x00\x00\x00\x00\x01")
	lead[79] = 5
	signed := rpmBinaries(signatures)
	return slices.Concat(lead, signed, make([]byte, -len(signed)&7), header, payload)
}

func (p RPM) tags(payload []byte) map[int]string {
	tags := map[int]string{
		1000: p.Name, 1001: p.Version, 1002: p.Release, 1022: "x86_64", 1044: p.Name + ".src.rpm",
		1124: "cpio", 1125: p.Compressor,
	}
	if p.Compressor == "" {
		tags[1125] = "zstd"
	}
	if !p.NoDigest {
		tags[rpmPayloadSHA256] = fmt.Sprintf("%x", sha256.Sum256(payload))
	}
	maps.Copy(tags, p.Tags)
	return tags
}

func (p RPM) pack(archive []byte) []byte {
	var b bytes.Buffer
	switch p.Compressor {
	case "gzip":
		w := gzip.NewWriter(&b)
		_, err := w.Write(archive)
		must(err)
		must(w.Close())
		return b.Bytes()
	case "xz":
		return XZ(archive)
	}
	w, err := zstd.NewWriter(nil)
	must(err)
	return w.EncodeAll(archive, nil)
}

// NewRSAKey makes a key as NewKey does, with RSA, which vendors of RPM packages use.
func NewRSAKey(at time.Time, lifetime time.Duration) Key {
	e, err := openpgp.NewEntity("Fake Vendor Key", "", "fake@example.org", &packet.Config{
		Algorithm: packet.PubKeyAlgoRSA, RSABits: 2048, Time: func() time.Time { return at },
		KeyLifetimeSecs: uint32(lifetime / time.Second),
	})
	must(err)
	return Key{e}
}

func (p RPM) sign(key Key, at time.Time, content []byte) []byte {
	if p.Version3 {
		return key.signVersion3(content, at)
	}
	return key.Detached(content, at, false)
}

// signVersion3 makes a signature packet of RFC 4880's version 3.
func (k Key) signVersion3(content []byte, at time.Time) []byte {
	hashed := binary.BigEndian.AppendUint32([]byte{0}, uint32(at.Unix()))
	digest := sha256.Sum256(append(bytes.Clone(content), hashed...))
	private := k.entity.PrivateKey.PrivateKey.(*rsa.PrivateKey)
	number, err := rsa.SignPKCS1v15(rand.Reader, private, crypto.SHA256, digest[:])
	must(err)
	number = bytes.TrimLeft(number, "\x00")
	bits := len(number)*8 - leadingZeros(number[0])
	body := append([]byte{3, 5}, hashed...)
	body = binary.BigEndian.AppendUint64(body, k.entity.PrimaryKey.KeyId)
	body = append(body, 1, 8, digest[0], digest[1])
	body = binary.BigEndian.AppendUint16(body, uint16(bits))
	body = append(body, number...)
	return append(binary.BigEndian.AppendUint16([]byte{0x89}, uint16(len(body))), body...)
}

func leadingZeros(b byte) int {
	n := 0
	for ; b < 0x80; b <<= 1 {
		n++
	}
	return n
}

// rpmHeader returns a header structure with strings and a size.
func rpmHeader(texts map[int]string, size uint64) []byte {
	var index, data []byte
	for _, tag := range slices.Sorted(maps.Keys(texts)) {
		kind := 6
		if tag == rpmPayloadSHA256 {
			kind = 8
		}
		index = rpmEntry(index, tag, kind, len(data), 1)
		data = append(append(data, texts[tag]...), 0)
	}
	data = append(data, make([]byte, -len(data)&7)...)
	index = rpmEntry(index, 5009, 5, len(data), 1)
	data = binary.BigEndian.AppendUint64(data, size)
	return rpmStructure(index, data)
}

// rpmBinaries returns a header structure with binary values.
func rpmBinaries(values map[int][]byte) []byte {
	index := rpmEntry(nil, 1008, 7, 0, 4) // space that rpm reserves
	data := make([]byte, 4)
	for _, tag := range slices.Sorted(maps.Keys(values)) {
		index = rpmEntry(index, tag, 7, len(data), len(values[tag]))
		data = append(data, values[tag]...)
	}
	return rpmStructure(index, data)
}

func rpmEntry(index []byte, fields ...int) []byte {
	for _, f := range fields {
		index = binary.BigEndian.AppendUint32(index, uint32(f))
	}
	return index
}

func rpmStructure(index, data []byte) []byte {
	intro := []byte{0x8e, 0xad, 0xe8, 1, 0, 0, 0, 0}
	intro = binary.BigEndian.AppendUint32(intro, uint32(len(index)/16))
	intro = binary.BigEndian.AppendUint32(intro, uint32(len(data)))
	return slices.Concat(intro, index, data)
}

var cpioTypes = map[byte]cpio.FileMode{
	tar.TypeReg: cpio.TypeReg, tar.TypeDir: cpio.TypeDir, tar.TypeSymlink: cpio.TypeSymlink,
	tar.TypeBlock: cpio.TypeBlock, tar.TypeChar: cpio.TypeChar, tar.TypeFifo: cpio.TypeFifo,
}

func cpioArchive(entries []Entry) []byte {
	var b bytes.Buffer
	w := cpio.NewWriter(&b)
	for i, e := range entries {
		if e.Type == 0 {
			e.Type = tar.TypeReg
		}
		h := &cpio.Header{Name: e.Name, Mode: cpioTypes[e.Type] | 0o644, Size: int64(len(e.Body)), Links: 1, Inode: int64(i + 1)}
		if e.Type == tar.TypeSymlink {
			h.Size, e.Body = int64(len(e.Link)), []byte(e.Link)
		}
		if e.Type == tar.TypeLink { // all hard links of a test archive are of one file
			h.Mode, h.Links, h.Inode = cpio.TypeReg|0o644, 2, 1000
		}
		must(w.WriteHeader(h))
		_, err := w.Write(e.Body)
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}
