package oci

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"

	"github.com/bpflab/bpflab/vms/kernel"
)

// fakeFiles has any file that a store can have: an index or a manifest first, then a manifest,
// then layers.
type fakeFiles struct {
	Files
	dir   string
	asked int
}

func (f *fakeFiles) Kept(_ context.Context, file kernel.File) (string, bool) {
	if file.Check() != nil {
		return "", false
	}
	f.asked++
	return filepath.Join(f.dir, []string{"top", "below", "layer"}[min(f.asked-1, 2)]), true
}

type anyIndex interface{ v1.ImageIndex }

// fakeIndex is an index that a registry sent, whose images are empty.
type fakeIndex struct {
	anyIndex
	manifest *v1.IndexManifest
}

func (f fakeIndex) IndexManifest() (*v1.IndexManifest, error) { return f.manifest, nil }
func (f fakeIndex) Image(v1.Hash) (v1.Image, error)           { return empty.Image, nil }

// FuzzIndex reads any two documents as an index and the manifest below it, from the store and
// from a registry: what is kept is whole, and a registry's index has an image, or an error that
// names the image.
func FuzzIndex(f *testing.F) {
	const digest = `"sha256:0000000000000000000000000000000000000000000000000000000000000000"`
	manifest := []byte(`{"schemaVersion":2,"config":{"size":2,"digest":` + digest + `},"layers":[{"size":3,"digest":` + digest + `}]}`)
	f.Add([]byte(`{"schemaVersion":2,"manifests":[{"size":1,"digest":`+digest+`,"platform":{"os":"linux","architecture":"arm64","variant":"v8"}},{"size":1,"digest":`+digest+`,"platform":{"os":"linux","architecture":"amd64"}}]}`), manifest)
	f.Add([]byte(`{"manifests":[{"digest":`+digest+`}]}`), manifest)
	f.Add([]byte(`{"manifests":[{"size":-1,"digest":"sha512:00","platform":null}]}`), []byte(`{"layers":[{"digest":"sha256:../../x"}]}`))
	f.Add(manifest, []byte(nil))
	f.Add([]byte(`{"layers":[{"size":3},{"size":1,"digest":"sha512:`+digest[8:72]+digest[8:72]+`"}]}`), []byte(nil))
	f.Fuzz(func(t *testing.T, top, below []byte) {
		dir := t.TempDir()
		for name, text := range map[string][]byte{"top": top, "below": below} {
			if err := os.WriteFile(filepath.Join(dir, name), text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		files := &fakeFiles{dir: dir}
		pinned := kernel.File{Path: "top", Size: 1, SHA256: digest[8:72]}
		if paths, ok := New(files).kept(t.Context(), pinned); ok && (len(paths) != files.asked || filepath.Base(paths[len(paths)-1]) != "layer" && files.asked > 2) {
			t.Errorf("an image of %q", paths)
		}
		index, err := v1.ParseIndexManifest(bytes.NewReader(top))
		if err != nil {
			return
		}
		image, err := ofPlatform("example.org/k/k:1", fakeIndex{manifest: index})
		if err != nil && !errors.As(err, new(*kernel.SelectorError)) || err == nil && image == nil {
			t.Errorf("got %v, %v", image, err)
		}
	})
}
