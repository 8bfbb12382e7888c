package initramfs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/cavaliergopher/cpio"
)

// fakeBusybox is a script in busybox's place, with three applets.
const fakeBusybox = "#!/bin/sh\nprintf '%s\\n' bin/busybox bin/sh sbin/init usr/bin/env linuxrc\n"

// options returns those of a machine with four modules: a needs b and c, b needs
// c.
func options(t *testing.T) Options {
	t.Helper()
	dir := t.TempDir()
	mods := filepath.Join(dir, "lib", "modules", "6.1-test")
	write(t, mods+"/kernel/net/a-mod.ko.xz", module("license=GPL\x00depends=b-mod,c\x00"))
	write(t, mods+"/kernel/net/b_mod.ko.gz", module("depends=c\x00"))
	write(t, mods+"/kernel/lib/c.ko.zst", module("depends=\x00"))
	write(t, mods+"/kernel/lib/d.ko", module("license=GPL\x00"))
	write(t, mods+"/modules.builtin", []byte("kernel/net/built-in-one.ko\n"))
	return Options{
		Agent:   write(t, filepath.Join(dir, "agent"), program(false)),
		Busybox: write(t, filepath.Join(dir, "busybox"), []byte(fakeBusybox)),
		Modules: mods, Release: "6.1-test", Wanted: []string{"none-such", "d"},
	}
}

// file is what a reader of another make finds in an archive.
type file struct {
	*cpio.Header
	data string
}

func read(t *testing.T, archive []byte) []file {
	t.Helper()
	var out []file
	r := cpio.NewReader(bytes.NewReader(archive))
	for {
		h, err := r.Next()
		if err == io.EOF {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, file{h, string(data)})
	}
}

func build(t *testing.T, o Options) []file {
	t.Helper()
	archive, err := built(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	return read(t, archive)
}

func TestArchiveIsReadByOthers(t *testing.T) {
	files := map[string]file{}
	for _, f := range build(t, options(t)) {
		files[f.Name] = f
	}
	for _, test := range []struct {
		name string
		mode cpio.FileMode
		data string
	}{
		{"init", cpio.TypeReg | 0o755, string(program(false))},
		{"bin", cpio.TypeDir | 0o755, ""},
		{"bin/busybox", cpio.TypeReg | 0o755, fakeBusybox},
		{"dev/console", cpio.TypeChar | 0o600, ""},
		{"lib/modules/6.1-test", cpio.TypeDir | 0o755, ""},
		{"lib/modules/6.1-test/d.ko", cpio.TypeReg | 0o644, string(module("license=GPL\x00"))},
		{"lib/modules/6.1-test/bpflab.order", cpio.TypeReg | 0o644, "/lib/modules/6.1-test/d.ko\n"},
	} {
		f, ok := files[test.name]
		if !ok || f.Mode != test.mode || f.data != test.data {
			t.Errorf("%s: there is %t, mode %o, %d bytes; want mode %o, %d bytes", test.name, ok, f.mode(), len(f.data), test.mode, len(test.data))
		}
	}
	for _, name := range []string{"bin/sh", "usr/bin/env"} {
		if f := files[name]; f.mode()&^cpio.ModePerm != cpio.TypeSymlink || f.Linkname != "/bin/busybox" {
			t.Errorf("%s: mode %o, link to %q; want a link to /bin/busybox", name, f.mode(), f.Linkname)
		}
	}
	for _, name := range []string{"linuxrc", "sbin/init"} {
		if _, ok := files[name]; ok {
			t.Errorf("%s is in the archive", name)
		}
	}
}

func (f file) mode() cpio.FileMode {
	if f.Header == nil {
		return 0
	}
	return f.Mode
}

func TestArchiveIsSortedAndWhole(t *testing.T) {
	var names []string
	for _, f := range build(t, options(t)) {
		if above := path.Dir(f.Name); above != "." && !slices.Contains(names, above) {
			t.Errorf("%s comes before its directory", f.Name)
		}
		if !f.ModTime.IsZero() && f.ModTime.Unix() != 0 || f.Uid != 0 || f.Guid != 0 {
			t.Errorf("%s: of %v, owner %d:%d", f.Name, f.ModTime, f.Uid, f.Guid)
		}
		names = append(names, f.Name)
	}
	if !slices.IsSorted(names) {
		t.Errorf("not sorted: %v", names)
	}
}

func TestArchiveIsTheSameEachTime(t *testing.T) {
	o := options(t)
	first, err := built(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	again, err := built(t.Context(), options(t)) // the same content elsewhere
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("error %v, %d and %d bytes: not the same", err, len(first), len(again))
	}
}

func TestModulesComeAfterWhatTheyNeed(t *testing.T) {
	for _, test := range []struct {
		name           string
		wanted, needed []string
		order          []string
	}{
		{"a chain", nil, []string{"a_mod"}, []string{"c", "b_mod", "a_mod"}},
		{"with dashes", nil, []string{"a-mod"}, []string{"c", "b_mod", "a_mod"}},
		{"wanted first, none twice", []string{"b-mod", "c"}, []string{"a-mod", "b_mod"}, []string{"c", "b_mod", "a_mod"}},
		{"wanted and not there", []string{"none"}, nil, nil},
		{"built in", nil, []string{"built_in_one", "d"}, []string{"d"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			o.Wanted, o.Needed = test.wanted, test.needed
			var order []string
			for _, f := range build(t, o) {
				if path.Base(f.Name) == "bpflab.order" {
					order = strings.Fields(f.data)
				}
			}
			for i, name := range order {
				order[i] = strings.TrimSuffix(path.Base(name), ".ko")
			}
			if !slices.Equal(order, test.order) {
				t.Errorf("order %v, want %v", order, test.order)
			}
		})
	}
}

func TestBuildErrors(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(t *testing.T, o *Options)
		want   string
	}{
		{"no agent", func(t *testing.T, o *Options) { o.Agent += "-none" }, "guest agent: open "},
		{"agent with a loader", func(t *testing.T, o *Options) { write(t, o.Agent, program(true)) },
			"is linked dynamically; build bpflab with CGO_ENABLED=0 (make build)"},
		{"agent of another kind", func(t *testing.T, o *Options) { write(t, o.Agent, []byte("hello")) }, "is no ELF program"},
		{"no busybox", func(t *testing.T, o *Options) { o.Busybox += "-none" }, "for its applets: "},
		{"busybox does not run", func(t *testing.T, o *Options) { write(t, o.Busybox, []byte("#!/bin/sh\nexit 1\n")) }, "for its applets"},
		{"no modules", func(t *testing.T, o *Options) { o.Modules += "-none" }, "kernel modules: "},
		{"a module it lacks", func(t *testing.T, o *Options) { o.Needed = []string{"vsock"} }, "the kernel has no module vsock"},
		{"a module that needs one it lacks", func(t *testing.T, o *Options) {
			write(t, o.Modules+"/e.ko", module("depends=f\x00"))
			o.Needed = []string{"e"}
		}, "module e: the kernel has no module f"},
		{"a module that is none", func(t *testing.T, o *Options) {
			write(t, o.Modules+"/e.ko", program(false))
			o.Needed = []string{"e"}
		}, "not a kernel module"},
		{"a module cut off", func(t *testing.T, o *Options) {
			write(t, o.Modules+"/e.ko", module("depends=\x00")[:100])
			o.Needed = []string{"e"}
		}, "e.ko: "},
		{"a module packed badly", func(t *testing.T, o *Options) {
			write(t, filepath.Join(o.Modules, "e.ko"), nil)
			write(t, filepath.Join(o.Modules, "g.ko.xz.ko"), nil)
			o.Needed = []string{"e"}
		}, "e.ko: "},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := options(t)
			test.change(t, &o)
			if _, err := built(t.Context(), o); err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestScriptCanBeTheAgent(t *testing.T) {
	o := options(t)
	write(t, o.Agent, []byte("#!/bin/busybox sh\npoweroff -f\n"))
	build(t, o)
}

func TestKernelWithoutModules(t *testing.T) {
	o := options(t)
	o.Modules, o.Needed = "", []string{"veth"}
	for _, f := range build(t, o) {
		if strings.HasSuffix(f.Name, ".ko") {
			t.Errorf("%s is in the archive", f.Name)
		}
	}
}

// The busybox of another architecture cannot be asked for its applets.
func TestForeignBusybox(t *testing.T) {
	o := options(t)
	own, err := Digest(o)
	if err != nil {
		t.Fatal(err)
	}
	o.Foreign = true
	if _, err := built(t.Context(), o); !errors.Is(err, ErrNoBusybox) {
		t.Errorf("a script: error %v", err)
	}
	o.Busybox = write(t, filepath.Join(t.TempDir(), "busybox"), program(false))
	for _, f := range build(t, o) {
		if f.Name == "bin/sh" || f.Name == "bin/busybox" && f.data != string(program(false)) {
			t.Errorf("%s is in the archive, with %d bytes", f.Name, len(f.data))
		}
	}
	if foreign, err := Digest(o); err != nil || foreign == own {
		t.Errorf("digest %s, error %v", foreign, err)
	}
}

func TestFindBusybox(t *testing.T) {
	dir := t.TempDir()
	static := write(t, filepath.Join(dir, "static", "busybox-static"), program(false))
	alpine := write(t, filepath.Join(dir, "alpine", "busybox.static"), program(false))
	plain := write(t, filepath.Join(dir, "plain", "busybox"), program(false))
	dynamic := write(t, filepath.Join(dir, "dynamic", "busybox-static"), program(true))
	for _, test := range []struct {
		name, env, path string
		want            string // "" is an ErrNoBusybox
	}{
		{"named", plain, filepath.Dir(static), plain},
		{"named, but dynamic", dynamic, filepath.Dir(static), ""},
		{"named, but not there", dir + "/none", filepath.Dir(static), ""},
		{"the static one before the plain one", "", filepath.Dir(plain) + ":" + filepath.Dir(static), static},
		{"Alpine's", "", filepath.Dir(alpine), alpine},
		{"the plain one where the other is dynamic", "", filepath.Dir(dynamic) + ":" + filepath.Dir(plain), plain},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Setenv("BPFLAB_BUSYBOX", test.env)
			t.Setenv("PATH", test.path)
			got, err := FindBusybox()
			if got != test.want || (test.want == "") != errors.Is(err, ErrNoBusybox) {
				t.Errorf("got %q, error %v, want %q", got, err, test.want)
			}
		})
	}
}

func built(ctx context.Context, o Options) ([]byte, error) {
	var archive bytes.Buffer
	err := Build(ctx, &archive, o)
	return archive.Bytes(), err
}
