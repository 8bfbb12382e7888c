package oci_test

import (
	"bytes"
	"crypto"
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/static"

	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
	"github.com/bpflab/bpflab/vms/kernel/oci"
	"github.com/bpflab/bpflab/vms/kernel/sourcetest"
	"github.com/bpflab/bpflab/vms/kernel/store"
)

// cosignKey returns the key that signs images where the suite has an OpenPGP key.
func cosignKey(armored []byte) ed25519.PrivateKey {
	seed := sha256.Sum256(armored)
	return ed25519.NewKeyFromSeed(seed[:])
}

// trusted has one key alone vouch for images, and returns it as the source reads it.
func trusted(t *testing.T, armored []byte) []oci.Key {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(cosignKey(armored).Public())
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "cosign.pub")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}), 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("BPFLAB_OCI_KEYS", file)
	keys, err := oci.KeysFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	return keys
}

// cosigned returns what cosign attaches to an image.
func cosigned(t *testing.T, of v1.Hash, key ed25519.PrivateKey) v1.Image {
	t.Helper()
	text := fmt.Appendf(nil, `{"critical":{"image":{"docker-manifest-digest":"%s"},"type":"cosign container image signature"}}`, of)
	signature, err := key.Sign(nil, text, crypto.Hash(0))
	if err != nil {
		t.Fatal(err)
	}
	out, err := mutate.Append(empty.Image, mutate.Addendum{
		Layer:       static.NewLayer(text, "application/vnd.dev.cosign.simplesigning.v1+json"),
		Annotations: map[string]string{"dev.cosignproject.cosign/signature": base64.StdEncoding.EncodeToString(signature)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// shelf is a repository of images that is read alone, among the files of a mirror: the suite
// changes and removes them, which a registry has no requests for.
type shelf struct {
	t      *testing.T
	mirror *kerneltest.Repository
	path   string
}

func newShelf(t *testing.T, mirror *kerneltest.Repository, repository string) shelf {
	mirror.Put("v2/", nil)
	mirror.Serve = func(w http.ResponseWriter, r *http.Request, body []byte) {
		var document struct {
			MediaType string `json:"mediaType"`
		}
		if json.Unmarshal(body, &document) == nil && document.MediaType != "" {
			w.Header().Set("Content-Type", document.MediaType)
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body))
	}
	return shelf{t, mirror, "v2/" + repository}
}

// manifest places a manifest by its digest, and by a tag unless that is "".
func (s shelf) manifest(raw []byte, tag string) {
	s.mirror.Put(fmt.Sprintf("%s/manifests/sha256:%x", s.path, sha256.Sum256(raw)), raw)
	if tag != "" {
		s.mirror.Put(s.path+"/manifests/"+tag, raw)
	}
}

func (s shelf) image(image v1.Image, tag string) {
	s.t.Helper()
	layers, err := image.Layers()
	if err != nil {
		s.t.Fatal(err)
	}
	for _, layer := range layers {
		r, err := layer.Compressed()
		if err != nil {
			s.t.Fatal(err)
		}
		body, err := io.ReadAll(r)
		if err != nil {
			s.t.Fatal(err)
		}
		s.mirror.Put(fmt.Sprintf("%s/blobs/sha256:%x", s.path, sha256.Sum256(body)), body)
	}
	raw, err := image.RawManifest()
	if err != nil {
		s.t.Fatal(err)
	}
	s.manifest(raw, tag)
}

func TestConformance(t *testing.T) {
	releases := [2]string{"6.6.42", "6.6.43"}
	sourcetest.Run(t, sourcetest.Subject{
		Name: kernel.OCI, Selector: "oci:" + sourcetest.Host + "/k/k:6.6", Releases: releases,
		Claims: map[string]string{"oci:example.org/k/k:1": "example.org/k/k:1", "oci:./k.tar": "./k.tar", "oci:Not/A/Name": "", "oci:": "", "oci:k:6.6": ""},
		Lacks: map[string]string{
			"mirror":         "the name of an image has its registry",
			"listed release": "a tag need not be one; the kernel in the image shows it",
			"expired key":    "keys of cosign have no end",
			"replayed":       "a tag has no date: it names what its registry says",
		},
		Signer: func(armored []byte) string {
			der, _ := x509.MarshalPKIXPublicKey(cosignKey(armored).Public())
			return fmt.Sprintf("%X", sha256.Sum256(der))
		},
		New: func(t *testing.T, _ sourcetest.Mirror, armored []byte, kept *store.Store) kernel.Source {
			return oci.New(kept, trusted(t, armored)...)
		},
		Publish: func(t *testing.T, mirror sourcetest.Mirror, key kerneltest.Key, _ time.Time, generation int) {
			one := image(t, layouts(releases[generation-1])["lvh-images/kernel-images"]...)
			all := index(map[string]v1.Image{"amd64": one})
			raw, err := all.RawManifest()
			if err != nil {
				t.Fatal(err)
			}
			digest, err := all.Digest()
			if err != nil {
				t.Fatal(err)
			}
			s := newShelf(t, mirror.Repository, "k/k")
			s.image(one, "")
			s.manifest(raw, "6.6")
			s.image(cosigned(t, digest, cosignKey(key.Public())), "sha256-"+digest.Hex+".sig")
		},
	})
}
