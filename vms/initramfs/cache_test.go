package initramfs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

func cached(t *testing.T, c *Cache, o Options) string {
	t.Helper()
	file, note, err := c.File(t.Context(), o)
	if err != nil || note != "" {
		t.Fatal(note, err)
	}
	return file
}

func TestCacheGivesWhatBuildGives(t *testing.T) {
	o := options(t)
	want, err := built(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	c := NewCache(filepath.Join(t.TempDir(), "made", "when needed"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			file, _, err := c.File(t.Context(), o)
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
				t.Errorf("error %v, %d bytes, want %d", err, len(got), len(want))
			}
		})
	}
	all.Wait()
	if names, err := os.ReadDir(c.dir); err != nil || len(names) != 2 {
		t.Errorf("error %v, files %v, want one and its sum", err, names)
	}
}

func TestCacheMakesOneArchiveForTheSameContent(t *testing.T) {
	c, o := NewCache(t.TempDir()), options(t)
	first := cached(t, c, o)
	if again := cached(t, c, o); again != first {
		t.Errorf("%s and then %s", first, again)
	}
	for _, test := range []struct {
		name   string
		change func(o *Options)
	}{
		{"the agent", func(o *Options) {
			info, err := os.Stat(o.Agent)
			if err != nil {
				t.Fatal(err)
			}
			other := program(false)
			other[len(other)-1] ^= 1 // same size, same time
			o.Agent = write(t, filepath.Join(t.TempDir(), "agent"), other)
			if err := os.Chtimes(o.Agent, info.ModTime(), info.ModTime()); err != nil {
				t.Fatal(err)
			}
		}},
		{"busybox", func(o *Options) {
			o.Busybox = write(t, filepath.Join(t.TempDir(), "busybox"), []byte(fakeBusybox+"# other\n"))
		}},
		{"the kernel", func(o *Options) { o.ModulesDigest = "other" }},
		{"the needed modules", func(o *Options) { o.Needed = []string{"c"} }},
		{"the wanted modules", func(o *Options) { o.Wanted = []string{"c"} }},
		{"the release", func(o *Options) { o.Release = "other" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := o
			test.change(&o)
			if cached(t, c, o) == first {
				t.Error("the same archive for other content")
			}
		})
	}
}

func TestNeededModulesThatAreWantedAnyway(t *testing.T) {
	c, o := NewCache(t.TempDir()), options(t)
	o.Wanted = []string{"d", "none-such"}
	first := cached(t, c, o)
	o.Needed = []string{"d"}
	if again := cached(t, c, o); again != first {
		t.Errorf("needed, the wanted module makes %s, else %s", again, first)
	}
	o.Needed = []string{"none-such"}
	if _, _, err := c.File(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no module none_such") {
		t.Errorf("error %v, want one about the module, though the archive is there", err)
	}
}

func TestDigest(t *testing.T) {
	o := options(t)
	first, err := Digest(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Agent = write(t, filepath.Join(t.TempDir(), "elsewhere"), program(false))
	if again, err := Digest(o); err != nil || again != first {
		t.Errorf("%s and then %s, error %v", first, again, err)
	}
	if _, err := Digest(Options{Agent: "/none"}); err == nil {
		t.Error("no error for an agent that is not there")
	}
}

// aged makes a file of a cache that was last used so long ago.
func aged(t *testing.T, dir, name string, age time.Duration) {
	t.Helper()
	file := filepath.Join(dir, name)
	if err := cache.Write(file, nil); err != nil {
		t.Fatal(err)
	}
	setUsed(t, file, time.Now().Add(-age))
}

func setUsed(t *testing.T, file string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(file+".sum", at, at); err != nil {
		t.Fatal(err)
	}
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

func TestEviction(t *testing.T) {
	c := NewCache(t.TempDir())
	for i := range keepArchives + 3 {
		aged(t, c.dir, fmt.Sprintf("%02d.cpio", i), time.Duration(i+2)*keepUsed)
	}
	aged(t, c.dir, "accelerator.json", 1000*keepUsed)
	c.evict(time.Now())
	for i := range keepArchives + 3 {
		name := fmt.Sprintf("%02d.cpio", i)
		if got, want := exists(filepath.Join(c.dir, name)), i < keepArchives; got != want {
			t.Errorf("%s is there: %t, want %t", name, got, want)
		}
	}
	if !exists(filepath.Join(c.dir, "accelerator.json")) {
		t.Error("a file of somebody else is gone")
	}
}

func TestEvictionSparesWhatWasUsedLately(t *testing.T) {
	c, o := NewCache(t.TempDir()), options(t)
	file := cached(t, c, o)
	setUsed(t, file, time.Now().Add(-100*keepUsed))
	for i := range keepArchives + 3 {
		aged(t, c.dir, fmt.Sprintf("%02d.cpio", i), keepUsed/2)
	}
	cached(t, c, o) // asked for again: now it is the newest
	c.evict(time.Now())
	if !exists(file) {
		t.Error("an archive is gone that was just asked for")
	}
	if names, err := os.ReadDir(c.dir); err != nil || len(names) != 2*(keepArchives+4) {
		t.Errorf("error %v, %d files, want %d: all were used within the hour", err, len(names), 2*(keepArchives+4))
	}
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	blocked := write(t, filepath.Join(t.TempDir(), "file"), nil)
	if _, _, err := NewCache(filepath.Join(blocked, "cache")).File(t.Context(), options(t)); err == nil {
		t.Error("no error for a cache in a file")
	}
}

// flipInBusybox changes a byte of busybox, deep inside an archive that stays as long.
func flipInBusybox(t *testing.T, file string) {
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	at := bytes.Index(text, []byte(fakeBusybox))
	if at < 0 {
		t.Fatal("no busybox in the archive")
	}
	cachetest.FlipAt(t, file, int64(at+5))
}

func TestDamagedArchives(t *testing.T) {
	inside := cachetest.Damage{Name: "a byte inside busybox", Do: flipInBusybox}
	for _, damage := range append([]cachetest.Damage{inside}, cachetest.All...) {
		t.Run(damage.Name, func(t *testing.T) {
			o := options(t)
			want, err := built(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			c := NewCache(t.TempDir())
			file := cached(t, c, o)
			if err := c.Check(file); err != nil {
				t.Fatal(err)
			}
			damage.Do(t, file)
			if bad, sound := c.Verify(); len(bad) != 1 || sound != 0 || bad[0].Path != file {
				t.Errorf("verify finds %v, %d sound", bad, sound)
			}
			if _, note, err := c.File(t.Context(), o); err != nil || note == "" && c.Check(file) == nil {
				t.Errorf("neither looking nor reading found it: note %q, error %v", note, err)
			}
			if again, note, err := c.Checked(t.Context(), o); err != nil || again != file {
				t.Errorf("%s, note %q, error %v", again, note, err)
			}
			if got, err := os.ReadFile(file); err != nil || !bytes.Equal(got, want) {
				t.Errorf("made again: %d bytes, want %d, error %v", len(got), len(want), err)
			}
		})
	}
}

func TestKernelIsCheckedBeforeItIsRead(t *testing.T) {
	c, o := NewCache(t.TempDir()), options(t)
	bad := errors.New("a module is damaged")
	o.CheckKernel = func(context.Context) error { return bad }
	if _, _, err := c.File(t.Context(), o); !errors.Is(err, bad) {
		t.Errorf("error %v", err)
	}
	o.CheckKernel = nil
	first := cached(t, c, o)
	o.CheckKernel = func(context.Context) error { return bad }
	if again := cached(t, c, o); again != first { // no module is read: nothing is to be checked
		t.Errorf("%s and then %s", first, again)
	}
}

func TestPrune(t *testing.T) {
	c, o := NewCache(t.TempDir()), options(t)
	file := cached(t, c, o)
	aged(t, c.dir, "old.cpio", time.Hour)
	if err := c.Prune(time.Now()); err != nil {
		t.Fatal(err)
	}
	if names, err := os.ReadDir(c.dir); err != nil || len(names) != 2 || names[0].Name() != filepath.Base(file) {
		t.Errorf("error %v, left: %v, want the archive that was just used, and its sum", err, names)
	}
}

func TestFullDisk(t *testing.T) {
	c, o := NewCache(cachetest.SmallDisk(t, "8")), options(t)
	_, _, err := c.File(t.Context(), o)
	if err == nil || !strings.Contains(err.Error(), c.dir) || !strings.Contains(err.Error(), "BPFLAB_CACHE") {
		t.Errorf("error %v, want one that names the file and what to do", err)
	}
	if left, err := os.ReadDir(c.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, error %v", left, err)
	}
}
