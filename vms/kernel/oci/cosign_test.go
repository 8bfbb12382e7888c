package oci

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/bpflab/bpflab/vms/kernel"
)

// writeKey returns the file of a signer's public key, as cosign writes it.
func writeKey(t *testing.T, of crypto.Signer) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(of.Public())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cosign.pub")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

// sign returns a signature of the text, as cosign makes it with that kind of key.
func sign(t *testing.T, key crypto.Signer, text string) []byte {
	t.Helper()
	if _, ok := key.(ed25519.PrivateKey); ok {
		return must(key.Sign(rand.Reader, []byte(text), crypto.Hash(0)))
	}
	digest := sha256.Sum256([]byte(text))
	return must(key.Sign(rand.Reader, digest[:], crypto.SHA256))
}

// statement returns the payload about an image.
func statement(digest v1.Hash) string {
	return fmt.Sprintf(`{"critical":{"identity":{"docker-reference":"k/k"},"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"},"optional":null}`, digest)
}

// attached returns the image that cosign attaches, with a layer for each pair of payload and
// signature.
func attached(t *testing.T, pairs ...[2]string) v1.Image {
	t.Helper()
	out := empty.Image
	for _, pair := range pairs {
		layer := static.NewLayer([]byte(pair[0]), types.MediaType("application/vnd.dev.cosign.simplesigning.v1+json"))
		out = must(mutate.Append(out, mutate.Addendum{Layer: layer, Annotations: map[string]string{signatureAnnotation: base64.StdEncoding.EncodeToString([]byte(pair[1]))}}))
	}
	return out
}

// bundleOf returns the image that cosign 3 attaches, with an envelope that the key has signed.
// material is the JSON of what it is to be verified with.
func bundleOf(t *testing.T, key crypto.Signer, of v1.Hash, predicate string, subject v1.Hash, material string) v1.Image {
	t.Helper()
	e := envelope{Type: statementType, Payload: fmt.Appendf(nil, `{"_type":"https://in-toto.io/Statement/v1","subject":[{"digest":{"sha256":"%s"}}],"predicateType":"%s"}`, subject.Hex, predicate)}
	signed := base64.StdEncoding.EncodeToString(sign(t, key, string(e.signed())))
	text := fmt.Sprintf(`{"mediaType":"application/vnd.dev.sigstore.bundle.v0.3+json","verificationMaterial":{%s},"dsseEnvelope":{"payloadType":"%s","payload":"%s","signatures":[{"sig":"%s"}]}}`,
		material, e.Type, base64.StdEncoding.EncodeToString(e.Payload), signed)
	return referrer(t, of, text)
}

// referrer returns an image with a bundle, which refers to another.
func referrer(t *testing.T, of v1.Hash, text string) v1.Image {
	t.Helper()
	const kind = "application/vnd.dev.sigstore.bundle.v0.3+json"
	out := must(mutate.Append(empty.Image, mutate.Addendum{Layer: static.NewLayer([]byte(text), kind)}))
	out = mutate.ConfigMediaType(mutate.MediaType(out, types.OCIManifestSchema1), kind)
	return mutate.Subject(out, v1.Descriptor{Digest: of, MediaType: types.OCIManifestSchema1}).(v1.Image)
}

func TestSignerOfBundles(t *testing.T) {
	digest, other := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}, v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	const key, identity = `"publicKey":{"hint":"x"}`, `"certificate":{"rawBytes":"AAAA"}`
	good, stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader)), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	signed := bundleOf(t, good, digest, signPredicate, digest, key)
	byIdentity := bundleOf(t, stranger, digest, signPredicate, digest, identity)
	tests := map[string]struct {
		key     crypto.Signer
		bundles []v1.Image
		want    string // of the error; "" for none
	}{
		"ecdsa":           {good, []v1.Image{signed}, ""},
		"ed25519":         {edwards, []v1.Image{bundleOf(t, edwards, digest, signPredicate, digest, key)}, ""},
		"second":          {good, []v1.Image{byIdentity, referrer(t, digest, "no JSON"), signed}, ""},
		"stranger":        {good, []v1.Image{bundleOf(t, stranger, digest, signPredicate, digest, key)}, "signed by other keys"},
		"identity":        {good, []v1.Image{byIdentity}, "signed without a key, by an identity, and bpflab verifies no identities; `cosign verify"},
		"both":            {good, []v1.Image{byIdentity, bundleOf(t, stranger, digest, signPredicate, digest, key)}, "by other keys (1), and by identities (1)"},
		"other-image":     {good, []v1.Image{bundleOf(t, good, digest, signPredicate, other, key)}, "of the bundles (1) that refer to"},
		"list-of-parts":   {good, []v1.Image{bundleOf(t, good, digest, "https://cyclonedx.org/bom", digest, key)}, "none says that it is signed"},
		"of-a-blob":       {good, []v1.Image{referrer(t, digest, `{"messageSignature":{"signature":"AAAA"}}`)}, "none says that it is signed"},
		"changed-payload": {good, []v1.Image{referrer(t, digest, `{"dsseEnvelope":{"payloadType":"application/vnd.in-toto+json","payload":"`+base64.StdEncoding.EncodeToString(fmt.Appendf(nil, `{"predicateType":"%s","subject":[{"digest":{"sha256":"%s"}}]}`, signPredicate, digest.Hex))+`","signatures":[{"sig":"AAAA"}]}}`)}, "signed by other keys"},
		"nothing":         {good, nil, "has no signature of cosign's"},
	}
	for _, api := range []bool{true, false} {
		server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0)), registry.WithReferrersSupport(api)))
		defer server.Close()
		for repository, tt := range tests {
			t.Setenv(keysVariable, writeKey(t, tt.key))
			keys := must(KeysFromEnvironment())
			repo := must(name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/k/" + repository))
			for _, one := range tt.bundles {
				if err := remote.Write(repo.Digest(must(one.Digest()).String()), one); err != nil {
					t.Fatal(err)
				}
			}
			found, err := signer(t.Context(), repo, digest, keys)
			switch {
			case tt.want == "" && (err != nil || found.Fingerprint != keys[0].Fingerprint):
				t.Errorf("%s: signer %q, %v", repository, found.Fingerprint, err)
			case tt.want != "" && (!errors.Is(err, errUnsigned) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%s: error %v, want %q", repository, err, tt.want)
			}
		}
	}
}

func TestSigner(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	digest, other := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}, v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("b", 64)}
	_, edwards, _ := ed25519.GenerateKey(rand.Reader)
	good := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	stranger := must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	rivest := must(rsa.GenerateKey(rand.Reader, 2048))
	text := statement(digest)
	for repository, tt := range map[string]struct {
		key    crypto.Signer
		pairs  [][2]string
		signed bool
	}{
		"ecdsa":         {good, [][2]string{{text, string(sign(t, good, text))}}, true},
		"ed25519":       {edwards, [][2]string{{text, string(sign(t, edwards, text))}}, true},
		"rsa":           {rivest, [][2]string{{text, string(sign(t, rivest, text))}}, true},
		"second":        {good, [][2]string{{text, string(sign(t, stranger, text))}, {text, "x"}, {text, string(sign(t, good, text))}}, true},
		"stranger":      {good, [][2]string{{text, string(sign(t, stranger, text))}}, false},
		"other-bytes":   {good, [][2]string{{text + " ", string(sign(t, good, text))}}, false},
		"other-image":   {good, [][2]string{{statement(other), string(sign(t, good, statement(other)))}}, false},
		"no-statement":  {good, [][2]string{{"hello", string(sign(t, good, "hello"))}}, false},
		"no-signatures": {good, nil, false},
	} {
		t.Setenv(keysVariable, writeKey(t, tt.key))
		keys, err := KeysFromEnvironment()
		if err != nil {
			t.Fatal(err)
		}
		repo := must(name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/k/" + repository))
		if tt.pairs != nil {
			if err := remote.Write(repo.Tag("sha256-"+digest.Hex+".sig"), attached(t, tt.pairs...)); err != nil {
				t.Fatal(err)
			}
		}
		key, err := signer(t.Context(), repo, digest, keys)
		switch {
		case tt.signed && (err != nil || key.Fingerprint != keys[0].Fingerprint || len(key.Fingerprint) != 64):
			t.Errorf("%s: signer %q, %v", repository, key.Fingerprint, err)
		case !tt.signed && !errors.Is(err, errUnsigned):
			t.Errorf("%s: error %v, want %v", repository, err, errUnsigned)
		}
	}
}

// A signature of version 2 without a key has a certificate beside it.
func TestSignatureByIdentity(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	digest := v1.Hash{Algorithm: "sha256", Hex: strings.Repeat("a", 64)}
	text, nobody := statement(digest), must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))
	one := must(mutate.Append(empty.Image, mutate.Addendum{Layer: static.NewLayer([]byte(text), types.OCILayer), Annotations: map[string]string{
		signatureAnnotation: base64.StdEncoding.EncodeToString(sign(t, nobody, text)), certificateAnnotation: "-----BEGIN CERTIFICATE-----",
	}}))
	repo := must(name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/k/k"))
	if err := remote.Write(repo.Tag("sha256-"+digest.Hex+".sig"), one); err != nil {
		t.Fatal(err)
	}
	t.Setenv(keysVariable, writeKey(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))))
	_, err := signer(t.Context(), repo, digest, must(KeysFromEnvironment()))
	if !errors.Is(err, errUnsigned) || !strings.Contains(err.Error(), "by an identity, and bpflab verifies no identities") {
		t.Errorf("got %v", err)
	}
}

// Bundles have longer digests for keys of longer curves.
func TestKeysOfLongerCurves(t *testing.T) {
	for hash, curve := range map[crypto.Hash]elliptic.Curve{crypto.SHA384: elliptic.P384(), crypto.SHA512: elliptic.P521()} {
		private := must(ecdsa.GenerateKey(curve, rand.Reader))
		h := hash.New()
		h.Write([]byte("text"))
		signature := must(private.Sign(rand.Reader, h.Sum(nil), hash))
		key := Key{PublicKey: private.Public()}
		if !key.verifies([]byte("text"), signature) || key.verifies([]byte("test"), signature) {
			t.Errorf("%s", curve.Params().Name)
		}
	}
}

func TestBadKeys(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{"no PEM": "ssh-ed25519 AAAA", "no public key": "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		file := filepath.Join(dir, "key")
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Setenv(keysVariable, file)
		if _, err := KeysFromEnvironment(); err == nil || !strings.Contains(err.Error(), file) {
			t.Errorf("%s: %v", name, err)
		}
	}
	t.Setenv(keysVariable, filepath.Join(dir, "none"))
	if _, err := KeysFromEnvironment(); err == nil || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("missing: %v", err)
	}
}

func TestImageThatIsNotSigned(t *testing.T) {
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	defer server.Close()
	repo := must(name.NewRepository(strings.TrimPrefix(server.URL, "http://") + "/k/k"))
	if err := remote.Write(repo.Tag("6.6"), empty.Image); err != nil {
		t.Fatal(err)
	}
	t.Setenv(keysVariable, writeKey(t, must(ecdsa.GenerateKey(elliptic.P256(), rand.Reader))))
	want := kernel.Want{Track: repo.Tag("6.6").String()}
	if _, _, err := New(nil, must(KeysFromEnvironment())...).List(t.Context(), want); !errors.Is(err, errUnsigned) {
		t.Errorf("error %v, want %v", err, errUnsigned)
	}
	if refs, _, err := New(nil).List(t.Context(), want); err != nil || refs[0].Signer != "" {
		t.Errorf("no key is asked for: %+v, %v", refs, err)
	}
}
