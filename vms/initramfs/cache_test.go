package initramfs

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

func cached(t *testing.T, c *Cache, o Options) string {
	t.Helper()
	file, err := c.File(t.Context(), o)
	if err != nil {
		t.Fatal(err)
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
			file, err := c.File(t.Context(), o)
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
	if names, err := os.ReadDir(c.dir); err != nil || len(names) != 1 {
		t.Errorf("error %v, files %v, want one", err, names)
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
	if _, err := c.File(t.Context(), o); err == nil || !strings.Contains(err.Error(), "no module none_such") {
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
	file := write(t, filepath.Join(dir, name), nil)
	at := time.Now().Add(-age)
	if err := os.Chtimes(file, at, at); err != nil {
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
	old := time.Now().Add(-100 * keepUsed)
	if err := os.Chtimes(file, old, old); err != nil {
		t.Fatal(err)
	}
	for i := range keepArchives + 3 {
		aged(t, c.dir, fmt.Sprintf("%02d.cpio", i), keepUsed/2)
	}
	cached(t, c, o) // asked for again: now it is the newest
	c.evict(time.Now())
	if !exists(file) {
		t.Error("an archive is gone that was just asked for")
	}
	if names, err := os.ReadDir(c.dir); err != nil || len(names) != keepArchives+4 {
		t.Errorf("error %v, %d files, want %d: all were used within the hour", err, len(names), keepArchives+4)
	}
}

func TestEvictionOfHalfWrittenFiles(t *testing.T) {
	c := NewCache(t.TempDir())
	writing, err := newTemp(c.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer writing.Close()
	old := time.Now().Add(-2 * tempGrace)
	if err := os.Chtimes(writing.Name(), old, old); err != nil {
		t.Fatal(err)
	}
	aged(t, c.dir, tempPrefix+"abandoned", 2*tempGrace)
	aged(t, c.dir, tempPrefix+"new", 0)
	c.evict(time.Now())
	if exists(filepath.Join(c.dir, tempPrefix+"abandoned")) {
		t.Error("the file of a dead writer is still there")
	}
	if !exists(filepath.Join(c.dir, tempPrefix+"new")) || !exists(writing.Name()) {
		t.Error("a file that is being written is gone")
	}
}

func TestCacheThatCannotBeWritten(t *testing.T) {
	blocked := write(t, filepath.Join(t.TempDir(), "file"), nil)
	if _, err := NewCache(filepath.Join(blocked, "cache")).File(t.Context(), options(t)); err == nil {
		t.Error("no error for a cache in a file")
	}
}
