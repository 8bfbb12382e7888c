package kerneltest

import (
	"bytes"
	"cmp"
	"crypto"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/ProtonMail/go-crypto/openpgp"
	"github.com/ProtonMail/go-crypto/openpgp/armor"
	"github.com/ProtonMail/go-crypto/openpgp/clearsign"
	"github.com/ProtonMail/go-crypto/openpgp/packet"
	"github.com/ulikunitz/xz"
)

// Key signs repositories.
type Key struct {
	entity *openpgp.Entity
}

// NewKey makes a key at the time, which expires after the given time, or never
// for 0.
func NewKey(at time.Time, lifetime time.Duration) Key {
	e, err := openpgp.NewEntity("Fake Archive Key", "", "fake@example.org", &packet.Config{
		Algorithm: packet.PubKeyAlgoEdDSA, Time: func() time.Time { return at },
		KeyLifetimeSecs: uint32(lifetime / time.Second),
	})
	must(err)
	return Key{e}
}

// Extended returns the key as it is after its owner has, at the time, given it another lifetime.
func (k Key) Extended(at time.Time, lifetime time.Duration) Key {
	entity := *k.entity
	entity.Identities = map[string]*openpgp.Identity{}
	for name, identity := range k.entity.Identities {
		renewed, signature := *identity, *identity.SelfSignature
		seconds := uint32(lifetime / time.Second)
		signature.CreationTime, signature.KeyLifetimeSecs = at, &seconds
		must(signature.SignUserId(name, entity.PrimaryKey, entity.PrivateKey, &packet.Config{Time: func() time.Time { return at }}))
		renewed.SelfSignature, renewed.Signatures = &signature, []*packet.Signature{&signature}
		entity.Identities[name] = &renewed
	}
	return Key{&entity}
}

// Public returns the armored public key.
func (k Key) Public() []byte {
	var b bytes.Buffer
	w, err := armor.Encode(&b, openpgp.PublicKeyType, nil)
	must(err)
	must(k.entity.Serialize(w))
	must(w.Close())
	return b.Bytes()
}

// Fingerprint returns the key's, as results name it.
func (k Key) Fingerprint() string {
	return strings.ToUpper(hex.EncodeToString(k.entity.PrimaryKey.Fingerprint))
}

// ClearSign signs the text at the time.
func (k Key) ClearSign(text string, at time.Time) []byte {
	var b bytes.Buffer
	w, err := clearsign.Encode(&b, k.entity.PrivateKey, &packet.Config{Time: func() time.Time { return at }})
	must(err)
	_, err = w.Write([]byte(text))
	must(err)
	must(w.Close())
	return b.Bytes()
}

// Repository is a Debian mirror in memory. Its fields may be changed between
// requests to attack who reads it.
type Repository struct {
	mu       sync.Mutex
	files    map[string][]byte
	requests []string
	Serve    func(w http.ResponseWriter, r *http.Request, body []byte) // nil: http.ServeContent
}

// NewRepository returns an empty one.
func NewRepository() *Repository { return &Repository{files: map[string][]byte{}} }

// Put places a file.
func (r *Repository) Put(path string, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.files[strings.TrimPrefix(path, "/")] = body
}

// Get returns a file, nil if there is none.
func (r *Repository) Get(path string) []byte {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.files[path]
}

// Remove takes a file away.
func (r *Repository) Remove(path string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.files, path)
}

// Requests returns the paths asked for so far, with "?range" where only a part
// was.
func (r *Repository) Requests() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]string{}, r.requests...)
}

// ServeHTTP implements http.Handler.
func (r *Repository) ServeHTTP(w http.ResponseWriter, q *http.Request) {
	path := strings.TrimPrefix(q.URL.Path, "/")
	r.mu.Lock()
	body, ok := r.files[path]
	serve := r.Serve
	if q.Header.Get("Range") != "" {
		path += "?range"
	}
	r.requests = append(r.requests, path)
	r.mu.Unlock()
	switch {
	case !ok:
		http.NotFound(w, q)
	case serve != nil:
		serve(w, q, body)
	default:
		http.ServeContent(w, q, "", time.Time{}, bytes.NewReader(body))
	}
}

// Package is one package of an index.
type Package struct {
	Name, Version, Depends string
	Body                   []byte
}

// Suite is what a suite of a repository is made of.
type Suite struct {
	Root       string // of the mirror in the repository, e.g. "debian"
	Path       string // below dists
	Codename   string
	Suite      string // "": "fake"
	Arch       string // of the packages; "": "amd64"
	Date       time.Time
	ValidUntil time.Time // zero: not said
	Packages   []Package
}

// Add places the suite's packages, its index and its Release, signed with key
// at its Date.
func (r *Repository) Add(s Suite, key Key) {
	var index strings.Builder
	for _, p := range s.Packages {
		pool := PoolPath(p.Name, p.Version)
		r.Put(s.Root+"/"+pool, p.Body)
		fmt.Fprintf(&index, "Package: %s\nVersion: %s\nDepends: %s\nFilename: %s\nSize: %d\nSHA256: %x\nDescription: fake\n\n",
			p.Name, p.Version, p.Depends, pool, len(p.Body), sha256.Sum256(p.Body))
	}
	packed := XZ([]byte(index.String()))
	dists := s.Root + "/dists/" + s.Path
	r.Put(dists+"/"+s.binary()+"/Packages.xz", packed)
	r.Put(fmt.Sprintf("%s/%s/by-hash/SHA256/%x", dists, s.binary(), sha256.Sum256(packed)), packed)
	r.Put(dists+"/InRelease", key.ClearSign(s.release(packed), s.Date))
}

// binary returns the directory of the index.
func (s Suite) binary() string { return "main/binary-" + cmp.Or(s.Arch, "amd64") }

func (s Suite) release(index []byte) string {
	const form = "Mon, 02 Jan 2006 15:04:05 UTC"
	text := fmt.Sprintf("Origin: Fake\nSuite: %s\nCodename: %s\nDate: %s\n", cmp.Or(s.Suite, "fake"), s.Codename, s.Date.UTC().Format(form))
	if !s.ValidUntil.IsZero() {
		text += fmt.Sprintf("Valid-Until: %s\n", s.ValidUntil.UTC().Format(form))
	}
	return text + fmt.Sprintf("Acquire-By-Hash: yes\nSHA256:\n %x %d %s/Packages.xz\n", sha256.Sum256(index), len(index), s.binary())
}

// XZ packs the text.
func XZ(text []byte) []byte {
	var b bytes.Buffer
	w, err := xz.NewWriter(&b)
	must(err)
	_, err = w.Write(text)
	must(err)
	must(w.Close())
	return b.Bytes()
}

// Paths returns the paths of all files.
func (r *Repository) Paths() []string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Sorted(maps.Keys(r.files))
}

// Detached returns a signature of content at the time, armored or not. An expired key signs
// as well.
func (k Key) Detached(content []byte, at time.Time, armored bool) []byte {
	config := &packet.Config{Time: func() time.Time { return at }}
	sig := &packet.Signature{
		Version: 4, SigType: packet.SigTypeBinary, PubKeyAlgo: k.entity.PrivateKey.PubKeyAlgo,
		Hash: crypto.SHA256, CreationTime: at, IssuerKeyId: &k.entity.PrimaryKey.KeyId,
	}
	h, err := sig.PrepareSign(config)
	must(err)
	h.Write(content)
	must(sig.Sign(h, k.entity.PrivateKey, config))
	var b bytes.Buffer
	if !armored {
		must(sig.Serialize(&b))
		return b.Bytes()
	}
	w, err := armor.Encode(&b, openpgp.SignatureType, nil)
	must(err)
	must(sig.Serialize(w))
	must(w.Close())
	return b.Bytes()
}
