//go:build linux

package template

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

const (
	someKey   = "aa11"
	otherKey  = "bb22"
	someSize  = 8 << 20
	unlimited = 1 << 40
)

var someAbout = About{Kernel: "6.1-test", KernelSHA256: "cc", Memory: someSize, Made: time.Unix(1790000000, 0).UTC(), Port: true}

// sources returns a memory with a page here and there, of which one is data that is
// all zeros, and a state.
func sources(t testing.TB) (memory, state *os.File) {
	t.Helper()
	dir := t.TempDir()
	memory, state = create(t, filepath.Join(dir, "memory")), create(t, filepath.Join(dir, "state"))
	if err := memory.Truncate(someSize); err != nil {
		t.Fatal(err)
	}
	random := rand.NewChaCha8([32]byte{1})
	page := make([]byte, pageSize)
	for _, at := range pages {
		random.Read(page)
		writeAt(t, memory, at, page)
	}
	writeAt(t, memory, zeroPage, make([]byte, pageSize))
	writeAt(t, state, 0, []byte(strings.Repeat("state", 1000)))
	return memory, state
}

// pages are where there is something: at both ends, across a stride, and alone.
var pages = []int64{0, pageSize, stride - pageSize, stride, 3*stride + 5*pageSize, someSize - pageSize}

const (
	zeroPage = 5 * stride // data, but zeros
	holePage = 6 * stride // nothing
)

func create(t testing.TB, name string) *os.File {
	t.Helper()
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func writeAt(t testing.TB, f *os.File, at int64, data []byte) {
	t.Helper()
	if _, err := f.WriteAt(data, at); err != nil {
		t.Fatal(err)
	}
}

// saved returns a store with a template in it.
func saved(t testing.TB, key string) *Store {
	t.Helper()
	s := New(filepath.Join(t.TempDir(), "templates"), unlimited)
	save(t, s, key)
	return s
}

func save(t testing.TB, s *Store, key string) {
	t.Helper()
	memory, state := sources(t)
	if err := s.Save(t.Context(), key, someAbout, memory, state); err != nil {
		t.Fatal(err)
	}
}

func open(t testing.TB, s *Store, key string) *Template {
	t.Helper()
	template, err := s.Open(key)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { template.Close() })
	return template
}

func TestRoundTrip(t *testing.T) {
	s := saved(t, someKey)
	template := open(t, s, someKey)
	if template.About != someAbout {
		t.Errorf("about %+v, want %+v", template.About, someAbout)
	}
	memory, state := sources(t)
	for _, f := range []struct{ got, want *os.File }{{template.Memory, memory}, {template.State, state}} {
		got, err := os.ReadFile(f.got.Name())
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(f.want.Name())
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is not what was saved", f.got.Name())
		}
	}
	if err := template.Verify(); err != nil {
		t.Error(err)
	}
	if size := blocks(t, template.Memory); size > int64(len(pages))*pageSize {
		t.Errorf("%d bytes on the disk for %d pages", size, len(pages))
	}
	if info, err := os.Stat(s.Dir()); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("directory %v, error %v", info.Mode(), err)
	}
}

func blocks(t *testing.T, f *os.File) int64 {
	t.Helper()
	var at unix.Stat_t
	if err := unix.Fstat(int(f.Fd()), &at); err != nil {
		t.Fatal(err)
	}
	return at.Blocks * 512
}

func TestOpenNone(t *testing.T) {
	for _, s := range []*Store{New(filepath.Join(t.TempDir(), "none"), 0), saved(t, otherKey)} {
		if _, err := s.Open(someKey); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v, want %v", err, fs.ErrNotExist)
		}
		if err := s.Drop(someKey); err != nil {
			t.Errorf("drop of none: %v", err)
		}
	}
}

// damage is done to the files of a template.
type damage struct {
	name string
	do   func(t *testing.T, dir string)
	file string // that the error names
}

func flip(file string, at int64) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		f, err := os.OpenFile(filepath.Join(dir, file), os.O_RDWR, 0)
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		b := make([]byte, 1)
		if _, err := f.ReadAt(b, at); err != nil {
			t.Fatal(err)
		}
		writeAt(t, f, at, []byte{b[0] ^ 1})
	}
}

func manifestText(text string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, manifestName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func must(do func(name string) error, file string) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		if err := do(filepath.Join(dir, file)); err != nil {
			t.Fatal(err)
		}
	}
}

func truncate(size int64) func(string) error {
	return func(name string) error { return os.Truncate(name, size) }
}

func chmod(mode fs.FileMode) func(string) error {
	return func(name string) error { return os.Chmod(name, mode) }
}

func directory(name string) error {
	if err := os.Remove(name); err != nil {
		return err
	}
	return os.Mkdir(name, 0o700)
}

func TestOpenFindsDamage(t *testing.T) {
	for _, test := range []damage{
		{"memory too short", must(truncate(someSize-1), memoryName), memoryName},
		{"memory too long", must(truncate(someSize+1), memoryName), memoryName},
		{"state too short", must(truncate(10), stateName), stateName},
		{"state empty", must(truncate(0), stateName), stateName},
		{"no memory", must(os.Remove, memoryName), memoryName},
		{"no state", must(os.Remove, stateName), stateName},
		{"no manifest", must(os.Remove, manifestName), manifestName},
		{"memory is a directory", must(directory, memoryName), memoryName},
		{"manifest is nothing", manifestText(""), manifestName},
		{"manifest is zeros", manifestText(strings.Repeat("\x00", 300)), manifestName},
		{"manifest of another schema", manifestText(`{"schema":2,"memory":1}`), manifestName},
		{"manifest with an unknown key", manifestText(`{"schema":1,"memory":1,"more":1}`), manifestName},
		{"manifest with a negative size", manifestText(`{"schema":1,"memory":-1}`), manifestName},
		{"manifest of two values", manifestText(`{"schema":1,"memory":1}{}`), manifestName},
		{"manifest too long", manifestText(strings.Repeat(" ", maxManifest) + `{"schema":1,"memory":1}`), manifestName},
		{"the group may write", must(chmod(0o620), memoryName), memoryName},
		{"all may write", must(chmod(0o602), stateName), stateName},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := saved(t, someKey)
			test.do(t, filepath.Join(s.Dir(), someKey))
			_, err := s.Open(someKey)
			var damaged *cache.DamagedError
			if !errors.As(err, &damaged) || filepath.Base(damaged.File) != test.file {
				t.Errorf("error %v, want a *DamagedError of %s", err, test.file)
			}
		})
	}
}

// A link inside the directory is followed; one that leads out is not.
func TestLinkThatLeadsOut(t *testing.T) {
	s := saved(t, someKey)
	outside := filepath.Join(t.TempDir(), "state")
	name := filepath.Join(s.Dir(), someKey, stateName)
	if err := os.Rename(name, outside); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, name); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Open(someKey); !errors.As(err, new(*cache.DamagedError)) {
		t.Errorf("error %v, want a *DamagedError", err)
	}
}

func TestAnotherUsersTemplate(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give files to another user")
	}
	for _, file := range []string{memoryName, stateName, manifestName} {
		s := saved(t, someKey)
		if err := os.Chown(filepath.Join(s.Dir(), someKey, file), 1, 1); err != nil {
			t.Fatal(err)
		}
		_, err := s.Open(someKey)
		if !errors.As(err, new(*cache.DamagedError)) || !strings.Contains(err.Error(), "user 1") {
			t.Errorf("%s: error %v, want a *DamagedError that names the user", file, err)
		}
	}
}

func TestVerifyFindsDamage(t *testing.T) {
	for _, test := range []damage{
		{"first page", flip(memoryName, 0), memoryName},
		{"last byte", flip(memoryName, someSize-1), memoryName},
		{"page of zeros", flip(memoryName, zeroPage+9), memoryName},
		{"hole", flip(memoryName, holePage+9), memoryName},
		{"state", flip(stateName, 77), stateName},
		{"page that has moved", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, memoryName), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			page := make([]byte, pageSize)
			if _, err := f.ReadAt(page, pages[4]); err != nil {
				t.Fatal(err)
			}
			writeAt(t, f, pages[4]+pageSize, page)
			writeAt(t, f, pages[4], make([]byte, pageSize))
		}, memoryName},
		{"page lost", func(t *testing.T, dir string) {
			f, err := os.OpenFile(filepath.Join(dir, memoryName), os.O_RDWR, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			writeAt(t, f, pages[3], make([]byte, pageSize))
		}, memoryName},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := saved(t, someKey)
			if err := open(t, s, someKey).Verify(); err != nil {
				t.Fatalf("before the damage: %v", err)
			}
			test.do(t, filepath.Join(s.Dir(), someKey))
			err := open(t, s, someKey).Verify()
			var damaged *cache.DamagedError
			if !errors.As(err, &damaged) || filepath.Base(damaged.File) != test.file {
				t.Errorf("error %v, want a *DamagedError of %s", err, test.file)
			}
		})
	}
}

// Every file of a template, and the directory itself, in every way: it is found, and one
// that is saved over it is sound.
func TestEveryDamage(t *testing.T) {
	for _, file := range []string{memoryName, stateName, manifestName, "."} {
		for _, damage := range cachetest.All {
			if file == "." && !strings.Contains(damage.Name, "link") {
				continue // a directory is neither long nor short
			}
			t.Run(file+" "+damage.Name, func(t *testing.T) {
				s := saved(t, someKey)
				place := filepath.Join(s.Dir(), someKey, file)
				if file == "." {
					if err := os.RemoveAll(place); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(place, nil, 0o600); err != nil {
						t.Fatal(err)
					}
				}
				damage.Do(t, place)
				bad, sound := s.Verify()
				if len(bad) != 1 || sound > 0 || !errors.As(bad[0].Err, new(*cache.DamagedError)) || bad[0].Path != filepath.Join(s.Dir(), someKey) {
					t.Errorf("verify finds %v, %d sound", bad, sound)
				}
				save(t, s, someKey)
				if err := open(t, s, someKey).Verify(); err != nil {
					t.Errorf("saved again: %v", err)
				}
			})
		}
	}
}

// On a file system without holes, or after a copy that filled them, everything
// is data.
func TestVerifyWithoutHoles(t *testing.T) {
	s := saved(t, someKey)
	name := filepath.Join(s.Dir(), someKey, memoryName)
	full, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, full, 0o600); err != nil {
		t.Fatal(err)
	}
	template := open(t, s, someKey)
	if size := blocks(t, template.Memory); size < someSize {
		t.Fatalf("the file has holes still: %d bytes on the disk", size)
	}
	if err := template.Verify(); err != nil {
		t.Error(err)
	}
}

func TestVerifyReadsOnce(t *testing.T) {
	s := saved(t, someKey)
	for range 3 {
		if err := open(t, s, someKey).Verify(); err != nil {
			t.Fatal(err)
		}
	}
	if len(s.verified) != 2 { // memory and state
		t.Errorf("%d files were read, want 2", len(s.verified))
	}
}

func TestSaveReplaces(t *testing.T) {
	s := saved(t, someKey)
	old := open(t, s, someKey)
	save(t, s, someKey)
	if err := old.Verify(); err != nil {
		t.Errorf("the one that was open: %v", err)
	}
	if err := open(t, s, someKey).Verify(); err != nil {
		t.Error(err)
	}
	nothingElse(t, s, someKey)
}

// nothingElse wants no other entries than the keys and lock files.
func nothingElse(t *testing.T, s *Store, keys ...string) {
	t.Helper()
	entries, err := os.ReadDir(s.Dir())
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		known := strings.HasPrefix(e.Name(), ".lock-")
		for _, key := range keys {
			known = known || key == e.Name()
		}
		if !known {
			t.Errorf("left behind: %s", e.Name())
		}
	}
}

func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if err := unix.Mount("small", dir, "tmpfs", 0, "size=20k"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	s := New(dir, unlimited)
	memory, state := sources(t)
	if err := s.Save(t.Context(), someKey, someAbout, memory, state); !errors.Is(err, unix.ENOSPC) || !strings.Contains(err.Error(), s.Dir()) || !strings.Contains(err.Error(), "BPFLAB_CACHE") {
		t.Errorf("error %v, want %v", err, unix.ENOSPC)
	}
	nothingElse(t, s)
}

func TestSaveEndsWithItsContext(t *testing.T) {
	s := New(t.TempDir(), unlimited)
	why := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	memory, state := sources(t)
	if err := s.Save(ctx, someKey, someAbout, memory, state); !errors.Is(err, why) {
		t.Errorf("error %v, want the context's cause", err)
	}
	nothingElse(t, s)
}

func TestEviction(t *testing.T) {
	s := saved(t, "a")
	save(t, s, "b")
	save(t, s, "c")
	one := diskSize(filepath.Join(s.Dir(), "a"))
	for i, key := range []string{"a", "b", "c"} {
		at := time.Now().Add(time.Duration(i-10) * time.Hour)
		if err := os.Chtimes(filepath.Join(s.Dir(), key, manifestName), at, at); err != nil {
			t.Fatal(err)
		}
	}
	open(t, s, "a") // now b is the one that was used longest ago
	s.limit = 3 * one
	save(t, s, "d")
	nothingElse(t, s, "a", "c", "d")
	s.limit = 0
	save(t, s, "e")
	nothingElse(t, s, "e")
}

func TestListAndPrune(t *testing.T) {
	s := New(filepath.Join(t.TempDir(), "templates"), unlimited)
	if all, err := s.List(); err != nil || len(all) != 0 {
		t.Errorf("a list of nothing: %v, error %v", all, err)
	}
	if freed, err := s.Prune(); err != nil || freed != 0 {
		t.Errorf("%d bytes of nothing, error %v", freed, err)
	}
	save(t, s, someKey)
	save(t, s, otherKey)
	at := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(s.Dir(), otherKey, manifestName), at, at); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(s.Dir(), "broken"), 0o700); err != nil {
		t.Fatal(err)
	}
	all, err := s.List()
	if err != nil || len(all) != 2 || all[0].Key != otherKey || all[1].Key != someKey || all[1].About != someAbout {
		t.Fatalf("list %+v, error %v", all, err)
	}
	template := open(t, s, someKey)
	freed, err := s.Prune()
	if want := all[0].Disk + all[1].Disk; err != nil || freed != want {
		t.Errorf("%d bytes freed, want %d, error %v", freed, want, err)
	}
	nothingElse(t, s)
	if err := template.Verify(); err != nil {
		t.Errorf("the one that was open: %v", err)
	}
}

func TestManyAtOnce(t *testing.T) {
	s := saved(t, someKey)
	var all errgroup.Group
	for i := range 24 {
		all.Go(func() error {
			switch i % 4 {
			case 0:
				return s.Drop(someKey)
			case 1:
				memory, state := sources(t)
				return s.Save(t.Context(), someKey, someAbout, memory, state)
			}
			template, err := s.Open(someKey)
			if errors.Is(err, fs.ErrNotExist) || errors.As(err, new(*cache.DamagedError)) {
				return nil // it went away while it was opened
			}
			if err != nil {
				return err
			}
			defer template.Close()
			return template.Verify()
		})
	}
	if err := all.Wait(); err != nil {
		t.Error(err)
	}
}

func FuzzParseManifest(f *testing.F) {
	f.Add([]byte(`{"schema":1,"memory":4096,"state_size":3}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if m, err := parseManifest(text); err == nil && (m.Memory <= 0 || m.StateSize < 0 || m.Schema != schema) {
			t.Errorf("accepted %+v", m)
		}
	})
}
