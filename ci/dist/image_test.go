package main

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// The image has OCI's media types throughout: what reads OCI alone refuses others.
func TestImageIsOCI(t *testing.T) {
	r := &release{out: t.TempDir(), version: "v0.2.0", date: time.Unix(1700000000, 0).UTC()}
	program, root := r.binary(imageTarget), filepath.Join(t.TempDir(), "root.tar")
	for path, text := range map[string]string{program: "bpflab", root: string(make([]byte, 1024))} { // an empty tar file
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	img, err := r.assemble(root, documents{})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := img.Manifest()
	if err != nil {
		t.Fatal(err)
	}
	if manifest.MediaType != types.OCIManifestSchema1 || manifest.Config.MediaType != types.OCIConfigJSON || len(manifest.Layers) != 2 {
		t.Errorf("a manifest of %s with a config of %s and %d layers", manifest.MediaType, manifest.Config.MediaType, len(manifest.Layers))
	}
	for _, layer := range manifest.Layers {
		if layer.MediaType != types.OCILayer {
			t.Errorf("a layer of %s", layer.MediaType)
		}
	}
	config, err := img.ConfigFile()
	if err != nil || len(config.RootFS.DiffIDs) != 2 || config.Config.Entrypoint[0] != "/usr/bin/bpflab" {
		t.Errorf("config %+v, %v", config, err)
	}
}
