package oci

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// What versions 1 and 2 of cosign write for an image: an image of its own, tagged with the
// digest of the one that is signed, with a payload and its signature in each layer. From
// cosign's specs/SIGNATURE_SPEC.md.
const (
	signatureSuffix       = ".sig"
	signatureAnnotation   = "dev.cosignproject.cosign/signature"
	certificateAnnotation = "dev.sigstore.cosign/certificate"
	maxPayload            = 1 << 20
)

// errUnsigned is an image without a signature of a key that was asked for.
var errUnsigned = errors.New("no key of " + keysVariable + " has signed it")

// others is what cosign has attached to an image, apart from signatures of the keys that
// were asked for.
type others struct {
	strangers  int // signatures by other keys, or of another image
	identities int // signatures by an identity: with a certificate in the place of a key
	bundles    int // that say something else than that the image is signed
}

// signer returns which of the keys has signed the image with this digest. Errors are
// errUnsigned, or the registry's.
func signer(ctx context.Context, repository name.Repository, digest v1.Hash, keys []Key) (Key, error) {
	var rest others
	for _, look := range []func(context.Context, name.Repository, v1.Hash, []Key, *others) (*Key, error){tagged, referring} {
		key, err := look(ctx, repository, digest, keys, &rest)
		if err != nil {
			return Key{}, err
		}
		if key != nil {
			return *key, nil
		}
	}
	return Key{}, rest.explain(repository.Digest(digest.String()))
}

// explain returns why no signature counts.
func (o others) explain(image name.Digest) error {
	switch {
	case o.identities > 0 && o.strangers == 0:
		return fmt.Errorf("%w: it is signed without a key, by an identity, and bpflab verifies no identities; `cosign verify --certificate-identity=... --certificate-oidc-issuer=... %s` does, and what it has verified is oci:%s, to be used without %s", errUnsigned, image, image, keysVariable)
	case o.identities > 0:
		return fmt.Errorf("%w: it is signed by other keys (%d), and by identities (%d), of which bpflab verifies none", errUnsigned, o.strangers, o.identities)
	case o.strangers > 0:
		return fmt.Errorf("%w: it is signed by other keys, or what is signed is another image", errUnsigned)
	}
	if o.bundles > 0 {
		return fmt.Errorf("%w: of the bundles (%d) that refer to %s none says that it is signed", errUnsigned, o.bundles, image)
	}
	return fmt.Errorf("%w: it has no signature of cosign's, %s", errUnsigned, image)
}

// attachedImage returns an image that cosign has attached to another, nil if the registry has
// none.
func attachedImage(ctx context.Context, at name.Reference) (v1.Image, error) {
	image, err := remote.Image(at, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	var answer *transport.Error
	if errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return image, nil
}

// tagged looks for a signature of one of the keys as versions 1 and 2 of cosign attach it.
func tagged(ctx context.Context, repository name.Repository, digest v1.Hash, keys []Key, rest *others) (*Key, error) {
	tag := repository.Tag(strings.Replace(digest.String(), ":", "-", 1) + signatureSuffix)
	attached, err := attachedImage(ctx, tag)
	if attached == nil {
		return nil, err
	}
	manifest, err := attached.Manifest()
	if err != nil {
		return nil, err
	}
	for _, layer := range manifest.Layers {
		signature, err := base64.StdEncoding.DecodeString(layer.Annotations[signatureAnnotation])
		if err != nil || len(signature) == 0 {
			continue // another one may be good
		}
		text, err := payload(attached, layer.Digest)
		if err != nil {
			return nil, err
		}
		if key := keyOf(keys, text, signature); key != nil && names(text, digest) {
			return key, nil
		}
		rest.count(layer.Annotations[certificateAnnotation] != "")
	}
	return nil, nil
}

func (o *others) count(identity bool) {
	if identity {
		o.identities++
	} else {
		o.strangers++
	}
}

// keyOf returns the key that has signed a text, nil if none has.
func keyOf(keys []Key, text, signature []byte) *Key {
	for i := range keys {
		if keys[i].verifies(text, signature) {
			return &keys[i]
		}
	}
	return nil
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
