package store

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
	"github.com/bpflab/bpflab/vms/kernel"
)

// notes is a kernel.Progress that keeps the notes.
type notes []string

func (n *notes) Bytes(string, int64, int64) {}
func (n *notes) Note(line string)           { *n = append(*n, line) }

func openNoting(t *testing.T, root string) (*Store, *notes) {
	t.Helper()
	s, said := open(t, root), &notes{}
	s.progress = said
	return s, said
}

// What an image consists of, by its place.
var partsOfImage = map[string]func(s *Store) string{
	"kernel": func(s *Store) string { return filepath.Join(s.ImageDir(id), "vmlinuz") },
	"config": func(s *Store) string { return filepath.Join(s.ImageDir(id), "config") },
	"module": func(s *Store) string { return filepath.Join(s.ImageDir(id), "lib/modules/6.1/a.ko") },
	"list":   func(s *Store) string { return s.manifestPath(id) },
	"record": func(s *Store) string { return s.recordPath(id) },
}

func TestDamagedPartsOfImages(t *testing.T) {
	for part, place := range partsOfImage {
		for _, damage := range cachetest.All {
			t.Run(part+" "+damage.Name, func(t *testing.T) {
				root := t.TempDir()
				build(t, open(t, root))
				s, said := openNoting(t, root) // as another process, which has read nothing yet
				damage.Do(t, place(s))
				if err := s.VerifyImage(t.Context(), id); !errors.As(err, new(*cache.DamagedError)) {
					t.Errorf("verify: %v", err)
				}
				image, err := s.Build(t.Context(), id, fill)
				if err != nil {
					t.Fatal(err)
				}
				warning := image.Warning
				if err := s.Check(t.Context(), id, "vmlinuz", "config", "lib/modules/6.1"); err != nil {
					if image, err = s.Rebuild(t.Context(), id, err, fill); err != nil {
						t.Fatal(err)
					}
					warning = image.Warning
				}
				if !strings.Contains(warning, "is damaged") || len(*said) != 1 {
					t.Errorf("warning %q, notes %q", warning, *said)
				}
				if err := s.VerifyImage(t.Context(), id); err != nil {
					t.Errorf("made again: %v", err)
				}
				if again, err := s.Build(t.Context(), id, fill); err != nil || again.Warning != "" {
					t.Errorf("then %q, %v", again.Warning, err)
				}
			})
		}
	}
}

// An import with modules cannot be unpacked again: where only the list of its files is
// damaged, the list is written again.
func TestDamagedListNeedsNoSource(t *testing.T) {
	s, _ := openNoting(t, t.TempDir())
	build(t, s)
	if err := os.Truncate(s.manifestPath(id), 10); err != nil {
		t.Fatal(err)
	}
	image, err := s.Build(t.Context(), id, func(string) (kernel.Image, error) { return kernel.Image{}, errors.New("no source") })
	if err != nil || image.Warning == "" {
		t.Errorf("warning %q, %v", image.Warning, err)
	}
}

func TestOneRebuildForMany(t *testing.T) {
	s, said := openNoting(t, t.TempDir())
	build(t, s)
	damage := &cache.DamagedError{File: "vmlinuz", Err: errors.New("as another saw it")}
	if image, err := s.Rebuild(t.Context(), id, damage, nil); err != nil || image.Warning != "" || len(*said) > 0 {
		t.Errorf("a sound image was made again: %q, %q, %v", image.Warning, *said, err)
	}
}

func TestDamagedBlobs(t *testing.T) {
	for _, damage := range cachetest.All {
		t.Run(damage.Name, func(t *testing.T) {
			_, url := serve(t)
			s, said := openNoting(t, t.TempDir())
			name, err := s.Blob(t.Context(), fileOf(content), url)
			if err != nil {
				t.Fatal(err)
			}
			damage.Do(t, name)
			if bad, err := s.VerifyBlobs(t.Context()); len(bad) != 1 || err != nil {
				t.Errorf("verify finds %v, %v", bad, err)
			}
			if _, err := s.Blob(t.Context(), fileOf(content), url); err != nil {
				t.Fatal(err)
			}
			if got, _ := os.ReadFile(name); !bytes.Equal(got, content) {
				t.Errorf("fetched again: %d bytes", len(got))
			}
			if len(*said) != 1 || !strings.Contains((*said)[0], name) {
				t.Errorf("notes %q, want one that names the file", *said)
			}
		})
	}
}

// A partial download is continued only if it is a file of this user's.
func TestDamagedPartials(t *testing.T) {
	for _, damage := range cachetest.All {
		t.Run(damage.Name, func(t *testing.T) {
			_, url := serve(t)
			s := open(t, t.TempDir())
			partial, err := s.path("partial", fileOf(content).SHA256)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(partial, content[:9000], 0o644); err != nil {
				t.Fatal(err)
			}
			damage.Do(t, partial)
			name, err := s.Blob(t.Context(), fileOf(content), url)
			if got, _ := os.ReadFile(name); err != nil || !bytes.Equal(got, content) {
				t.Errorf("%d bytes, %v", len(got), err)
			}
		})
	}
}

func TestDamagedRecords(t *testing.T) {
	for _, damage := range cachetest.All {
		t.Run(damage.Name, func(t *testing.T) {
			s, said := openNoting(t, t.TempDir())
			ref := kernel.Ref{Source: kernel.Local, Name: "mine", Files: []kernel.File{fileOf(nil)}}
			sound := kernel.Ref{Source: kernel.Local, Name: "sound", Files: []kernel.File{fileOf(nil)}}
			err := errors.Join(s.SaveImport(t.Context(), ref), s.SaveImport(t.Context(), sound), s.WriteState(t.Context(), "x", content))
			if err != nil {
				t.Fatal(err)
			}
			imported, state := filepath.Join(s.Root(), "local", "mine.json"), filepath.Join(s.Root(), "state", "x")
			damage.Do(t, imported)
			damage.Do(t, state)
			if bad := s.VerifyRecords(); len(bad) != 2 || bad[0].Path != imported || bad[1].Path != state {
				t.Errorf("verify finds %v", bad)
			}
			if got := s.Imports(); len(got) != 1 || got[0].Name != "sound" {
				t.Errorf("imports: %v, want the sound one", got)
			}
			if got, err := s.ReadState("x"); got != nil || err != nil {
				t.Errorf("state: %d bytes, %v", len(got), err)
			}
			if len(*said) != 2 || !strings.Contains((*said)[0], "local:mine") {
				t.Errorf("notes %q", *said)
			}
			if err := errors.Join(s.SaveImport(t.Context(), ref), s.WriteState(t.Context(), "x", content)); err != nil {
				t.Fatal(err)
			}
			if got, _ := s.ReadState("x"); len(s.Imports()) != 2 || !bytes.Equal(got, content) {
				t.Error("they are not as they were written again")
			}
		})
	}
}
