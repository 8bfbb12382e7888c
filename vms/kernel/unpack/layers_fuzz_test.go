package unpack

import (
	"archive/tar"
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// layerOf returns a layer of files and links; a link's text begins with >.
func layerOf(t testing.TB, entries ...[2]string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		h := &tar.Header{Name: e[0], Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e[1]))}
		if len(e[1]) > 0 && e[1][0] == '>' {
			h = &tar.Header{Name: e[0], Typeflag: tar.TypeSymlink, Linkname: e[1][1:]}
		}
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if h.Typeflag == tar.TypeReg {
			w.Write([]byte(e[1]))
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// FuzzLayers unpacks any two layers: nothing is written beside the directory, and in it are
// plain files and directories alone.
func FuzzLayers(f *testing.F) {
	f.Add(layerOf(f, [2]string{"boot/vmlinuz-6.1.0", "x"}, [2]string{"lib/modules/6.1.0/kernel/a.ko", "module"}), layerOf(f))
	f.Add(layerOf(f, [2]string{"lib", ">usr/lib"}, [2]string{"usr/lib/modules/6.1.0/modules.order", ""}), layerOf(f, [2]string{"lib/modules/.wh.6.1.0", ""}))
	f.Add(layerOf(f, [2]string{"data/kernels/a/boot/vmlinuz", "x"}, [2]string{"data/kernels/b/boot/vmlinuz", "x"}), []byte{0x1f, 0x8b, 0})
	f.Add(layerOf(f, [2]string{"boot/vmlinuz", ">vmlinuz-6.1.0"}), []byte{0x28, 0xb5, 0x2f, 0xfd})
	f.Fuzz(func(t *testing.T, low, high []byte) {
		top := t.TempDir()
		dir := filepath.Join(top, "in")
		layers := []string{filepath.Join(top, "low"), filepath.Join(top, "high")}
		for i, text := range [][]byte{low, high} {
			if err := os.WriteFile(layers[i], text, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Mkdir(dir, 0o755); err != nil {
			t.Fatal(err)
		}
		Layers(t.Context(), layers, dir)
		beside, err := os.ReadDir(top)
		if err != nil || len(beside) != 3 {
			t.Fatalf("beside the directory: %v, %v", beside, err)
		}
		err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && !d.Type().IsRegular() {
				t.Errorf("%s is %s", path, d.Type())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}
