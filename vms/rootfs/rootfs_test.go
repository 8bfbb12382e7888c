package rootfs

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/cavaliergopher/cpio"

	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

// tarFile writes a tar archive with a file and a link.
func tarFile(t *testing.T) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, h := range []tar.Header{
		{Name: "./usr/bin/tool", Typeflag: tar.TypeReg, Mode: 0o755, Size: 4},
		{Name: "bin", Typeflag: tar.TypeSymlink, Linkname: "usr/bin"},
		{Name: "bin/other", Typeflag: tar.TypeReg, Mode: 0o644},
		{Name: "dev/null", Typeflag: tar.TypeChar},
	} {
		if err := w.WriteHeader(&h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, "tool"[:h.Size]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "root.tar")
	if err := os.WriteFile(name, b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

// namesIn returns the names in an archive, with the targets of links.
func namesIn(t *testing.T, archive string) (names []string) {
	t.Helper()
	f, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for r := cpio.NewReader(f); ; {
		h, err := r.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, h.Name+h.Linkname)
	}
}

func TestFromTar(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	file, err := c.FromTar(tarFile(t))
	if err != nil {
		t.Fatal(err)
	}
	want := "userland userland/usr userland/usr/bin userland/usr/bin/tool userland/binusr/bin userland/usr/bin/other userland/dev"
	if got := strings.Join(namesIn(t, file), " "); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if info, err := os.Stat(file); err != nil || info.Size()%512 != 0 {
		t.Errorf("%d bytes, error %v: no other archive can precede it", info.Size(), err)
	}
}

func TestDamagedArchives(t *testing.T) {
	from := tarFile(t)
	for _, damage := range cachetest.All {
		t.Run(damage.Name, func(t *testing.T) {
			var notes []string
			c := Cache{Dir: t.TempDir(), Note: func(note string) { notes = append(notes, note) }}
			file, err := c.FromTar(from)
			if err != nil || len(notes) > 0 {
				t.Fatal(err, notes)
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			damage.Do(t, file)
			if bad, sound := c.Verify(); len(bad) != 1 || sound > 0 {
				t.Errorf("verify finds %v, %d sound", bad, sound)
			}
			again, err := c.FromTar(from)
			if err != nil || again != file || len(notes) != 1 || !strings.Contains(notes[0], file) {
				t.Errorf("%s, error %v, notes %q", again, err, notes)
			}
			if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
				t.Errorf("made again: %d bytes, want %d, error %v", len(got), len(want), err)
			}
		})
	}
}

func TestKnown(t *testing.T) {
	for _, damage := range cachetest.All {
		t.Run(damage.Name, func(t *testing.T) {
			c := Cache{Dir: t.TempDir()}
			file, err := c.FromTar(tarFile(t))
			if err != nil {
				t.Fatal(err)
			}
			c.Remember("bookworm+bash", file)
			if known, ok := c.Known("bookworm+bash"); !ok || known != file {
				t.Errorf("%q, %t", known, ok)
			}
			damage.Do(t, file)
			if known, ok := c.Known("bookworm+bash"); ok {
				t.Errorf("%s is taken, though it is damaged", known)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	c := Cache{Dir: t.TempDir()}
	file, err := c.FromTar(tarFile(t))
	if err != nil {
		t.Fatal(err)
	}
	c.Remember("bookworm+bash", file)
	c.Remember("bookworm+gone", filepath.Join(c.Dir, "gone.cpio"))
	for _, step := range []struct {
		name       string
		everything bool
		left       int
	}{
		{"an archive that a request leads to", false, 3}, // and its sum, and the request
		{"everything", true, 0},
	} {
		if err := c.Prune(time.Now(), step.everything); err != nil {
			t.Fatal(err)
		}
		if left, err := os.ReadDir(c.Dir); err != nil || len(left) != step.left {
			t.Errorf("%s: left %v, error %v, want %d", step.name, left, err, step.left)
		}
	}
	if _, err := c.FromTar(tarFile(t)); err != nil {
		t.Fatal(err)
	}
	if err := c.Prune(time.Now(), false); err != nil {
		t.Fatal(err)
	}
	if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
		t.Errorf("that of a tar archive is left: %v", left)
	}
}

func TestFailureLeavesNothing(t *testing.T) {
	c, want := Cache{Dir: t.TempDir()}, errors.New("no network")
	_, err := c.FromDebs(t.Context(), []string{"aa"}, func() ([]string, error) { return nil, want })
	if !errors.Is(err, want) {
		t.Errorf("error %v", err)
	}
	if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestFullDisk(t *testing.T) {
	c := Cache{Dir: cachetest.SmallDisk(t, "4")}
	_, err := c.FromTar(tarFile(t))
	if err == nil || !strings.Contains(err.Error(), c.Dir) || !strings.Contains(err.Error(), "BPFLAB_CACHE") {
		t.Errorf("error %v, want one that names the file and what to do", err)
	}
	if left, _ := os.ReadDir(c.Dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}
