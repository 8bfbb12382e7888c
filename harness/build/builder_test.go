package build

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"github.com/bpflab/bpflab/vms/cache"
	"github.com/bpflab/bpflab/vms/cache/cachetest"
)

// needClang skips where no clang is. make test installs one.
func needClang(t *testing.T) Clang {
	t.Helper()
	clang, err := FindClang(t.Context(), "")
	if missing := (*ToolError)(nil); errors.As(err, &missing) {
		t.Skip(missing)
	}
	if err != nil {
		t.Fatal(err)
	}
	return clang
}

func example() Source {
	return Source{Name: "count", FS: os.DirFS("testdata/tree"), Main: "bpf/count.bpf.c", Include: []string{"bpf/include"}}
}

// text returns a Source of one file.
func text(c string) Source {
	return Source{Name: "x", FS: fstest.MapFS{"x.bpf.c": {Data: []byte(c)}}, Main: "x.bpf.c"}
}

func mustBuild(t *testing.T, b *Builder, src Source) Object {
	t.Helper()
	object, err := b.Object(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return object
}

func TestObjectIsReproducible(t *testing.T) {
	needClang(t)
	src := example()
	copied := t.TempDir()
	if err := os.CopyFS(copied, src.FS); err != nil {
		t.Fatal(err)
	}
	first := mustBuild(t, New(Options{}), src)
	t.Setenv("TMPDIR", t.TempDir())
	t.Chdir(t.TempDir())
	src.FS, src.Root = os.DirFS(copied), copied
	second := mustBuild(t, New(Options{Cache: t.TempDir()}), src)
	if first.SHA256 != second.SHA256 {
		t.Errorf("another place gave another object: %s and %s", first.SHA256, second.SHA256)
	}
	if strings.Contains(string(second.Bytes), copied) || strings.Contains(string(second.Bytes), os.Getenv("TMPDIR")) {
		t.Error("the object holds a path of this machine")
	}
}

// The verifier's log quotes the C of each instruction from BTF.
func TestObjectCarriesSourceLines(t *testing.T) {
	needClang(t)
	object := mustBuild(t, New(Options{}), example())
	if line := "bpf_printk(GREETING);"; !strings.Contains(string(object.Bytes), line) {
		t.Errorf("no %q in the object's BTF", line)
	}
}

func TestCache(t *testing.T) {
	needClang(t)
	dir := t.TempDir()
	first := mustBuild(t, New(Options{Cache: dir}), example())
	second := mustBuild(t, New(Options{Cache: dir}), example())
	if first.Cached || !second.Cached {
		t.Errorf("Cached = %v, then %v; want false, then true", first.Cached, second.Cached)
	}
	if first.SHA256 != second.SHA256 || first.Path != second.Path {
		t.Errorf("dir gave %v at %s, built was %v at %s", second.SHA256, second.Path, first.SHA256, first.Path)
	}
	if err := Check(second.Path); err != nil {
		t.Error(err)
	}
}

func TestCacheKey(t *testing.T) {
	needClang(t)
	headers := t.TempDir()
	writeFile(t, filepath.Join(headers, "outside.h"), "#define OUTSIDE 1\n")
	t.Setenv("C_INCLUDE_PATH", headers)
	base := fstest.MapFS{
		"x.bpf.c": {Data: []byte("#include <outside.h>\n#include \"own.h\"\nint a = OUTSIDE + OWN;\n")},
		"own.h":   {Data: []byte("#define OWN 1\n")},
	}
	src := Source{Name: "x", FS: base, Main: "x.bpf.c"}
	cache := t.TempDir()
	tests := []struct {
		name   string
		change func()
		cached bool
	}{
		{"first", func() {}, false},
		{"same again", func() {}, true},
		{"own header", func() { base["own.h"].Data = []byte("#define OWN 2\n") }, false},
		{"system header", func() { writeFile(t, filepath.Join(headers, "outside.h"), "#define OUTSIDE 5\n") }, false},
		{"file that is not read", func() { base["other.h"] = &fstest.MapFile{Data: []byte("x")} }, true},
		{"include directory", func() { src.Include = []string{"inc"} }, false},
		{"header that now shadows", func() { base["inc/outside.h"] = &fstest.MapFile{Data: []byte("#define OUTSIDE 7\n")} }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.change()
			if got := mustBuild(t, New(Options{Cache: cache}), src); got.Cached != tt.cached {
				t.Errorf("Cached = %v, want %v", got.Cached, tt.cached)
			}
		})
	}
}

func TestUncoveredReadIsNotKept(t *testing.T) {
	needClang(t)
	path := filepath.Join(t.TempDir(), "abs.h")
	writeFile(t, path, "#define A 1\n")
	src := text(fmt.Sprintf("#include %q\nint a = A;\n", path))
	b := New(Options{Cache: t.TempDir()})
	mustBuild(t, b, src)
	if again := mustBuild(t, b, src); again.Cached || again.Path != "" {
		t.Errorf("Cached = %v, Path = %q; want an object that is not kept", again.Cached, again.Path)
	}
}

func TestDamagedCacheIsRebuilt(t *testing.T) {
	needClang(t)
	places := map[string]func(dir string, o Object) string{
		"object": func(_ string, o Object) string { return o.Path },
		"key":    func(dir string, _ Object) string { return cache.Files(filepath.Join(dir, "keys"), "")[0] },
	}
	for what, place := range places {
		for _, damage := range cachetest.All {
			t.Run(what+" "+damage.Name, func(t *testing.T) {
				dir := t.TempDir()
				b := New(Options{Cache: dir})
				first := mustBuild(t, b, example())
				if found, sound := Verify(dir); len(found) > 0 || sound != 1 {
					t.Errorf("before: %v, %d sound", found, sound)
				}
				file := place(dir, first)
				damage.Do(t, file)
				found, sound := Verify(dir)
				if !slices.ContainsFunc(found, func(f cache.Finding) bool { return f.Path == file && f.Err != nil }) || sound > 0 {
					t.Errorf("verify finds %v, %d sound", found, sound)
				}
				second := mustBuild(t, b, example())
				if second.Cached || second.SHA256 != first.SHA256 || !strings.Contains(second.Warning, "compiled again") {
					t.Errorf("Cached = %v with %s, want a fresh %s; warning %q", second.Cached, second.SHA256, first.SHA256, second.Warning)
				}
				if third := mustBuild(t, b, example()); !third.Cached || third.Warning != "" {
					t.Errorf("then Cached = %v, warning %q", third.Cached, third.Warning)
				}
			})
		}
	}
}

// What verify finds can be removed without a trace: the next build warns of nothing.
func TestVerifyLeavesNothingThatLeadsToRubbish(t *testing.T) {
	needClang(t)
	dir := t.TempDir()
	first := mustBuild(t, New(Options{Cache: dir}), example())
	writeFile(t, first.Path, "rubbish")
	found, _ := Verify(dir)
	for _, f := range found {
		if err := cache.Remove(f.Path); err != nil {
			t.Error(err)
		}
	}
	if again := mustBuild(t, New(Options{Cache: dir}), example()); len(found) != 2 || again.Warning != "" {
		t.Errorf("found %v, then the warning %q", found, again.Warning)
	}
}

func TestFullDisk(t *testing.T) {
	needClang(t)
	dir := cachetest.SmallDisk(t, "4")
	_, err := New(Options{Cache: dir}).Object(t.Context(), example())
	if err == nil || !strings.Contains(err.Error(), dir) || !strings.Contains(err.Error(), "BPFLAB_CACHE") {
		t.Errorf("error %v, want one that names the file and what to do", err)
	}
	if found, sound := Verify(dir); len(found)+sound > 0 {
		t.Errorf("left behind: %v, %d sound", found, sound)
	}
}

func TestUnwritableCache(t *testing.T) {
	needClang(t)
	file := filepath.Join(t.TempDir(), "file")
	writeFile(t, file, "")
	_, err := New(Options{Cache: file}).Object(t.Context(), example())
	if err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("error %v does not name %s", err, file)
	}
}

// Builders stand for processes here: they share nothing but the directory.
func TestOneCompilationForMany(t *testing.T) {
	clang := needClang(t)
	log := filepath.Join(t.TempDir(), "log")
	counting := script(t, fmt.Sprintf(`for a; do [ "$a" = -c ] && echo run >>%s; done; exec %s "$@"`, log, clang.Path))
	cache := t.TempDir()
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			if _, err := New(Options{Cache: cache, Clang: counting}).Object(t.Context(), example()); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	runs, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Count(string(runs), "run"); got != 1 {
		t.Errorf("clang compiled %d times, want once", got)
	}
}

func TestCompileError(t *testing.T) {
	needClang(t)
	tests := []struct {
		name       string
		files      fstest.MapFS
		root       string
		want       Diagnostic
		wantInText string
	}{
		{
			name:  "in the main file",
			files: fstest.MapFS{"a/x.bpf.c": {Data: []byte("int f(void)\n{\n\treturn undefined_name;\n}\n")}},
			want:  Diagnostic{File: "a/x.bpf.c", Line: 3, Column: 9, Severity: "error"},
		},
		{
			name:       "the user's own directory",
			files:      fstest.MapFS{"a/x.bpf.c": {Data: []byte("int a = b;\n")}},
			root:       "/home/user/lab",
			want:       Diagnostic{File: "/home/user/lab/a/x.bpf.c", Line: 1, Column: 9, Severity: "error"},
			wantInText: "/home/user/lab/a/x.bpf.c:1:9: error: ",
		},
		{
			name: "in a header",
			files: fstest.MapFS{
				"a/x.bpf.c": {Data: []byte("#include \"y.h\"\nint a = 1;\n")},
				"a/y.h":     {Data: []byte("\nint = 3;\n")},
			},
			root:       "/lab",
			want:       Diagnostic{File: "/lab/a/y.h", Line: 2, Column: 5, Severity: "error", Included: 1},
			wantInText: "In file included from /lab/a/x.bpf.c:1:",
		},
		{
			name:       "a warning counts",
			files:      fstest.MapFS{"a/x.bpf.c": {Data: []byte("int f(void) { int unused; return 0; }\n")}},
			want:       Diagnostic{File: "a/x.bpf.c", Line: 1, Column: 19, Severity: "error"},
			wantInText: "-Wunused-variable",
		},
		{
			name:       "missing header of libbpf",
			files:      fstest.MapFS{"a/x.bpf.c": {Data: []byte("#include <bpf/no_such_header.h>\n")}},
			want:       Diagnostic{File: "a/x.bpf.c", Line: 1, Column: 10, Severity: "fatal error"},
			wantInText: "headers are missing; install it",
		},
		{
			name:  "a header that includes itself",
			files: fstest.MapFS{"a/x.bpf.c": {Data: []byte("#include \"x.bpf.c\"\n")}},
			want:  Diagnostic{File: "a/x.bpf.c", Line: 1, Column: 10, Severity: "error"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := New(Options{}).Object(t.Context(), Source{Name: "x", FS: tt.files, Main: "a/x.bpf.c", Root: tt.root})
			var compile *CompileError
			if !errors.As(err, &compile) || len(compile.Diagnostics) == 0 {
				t.Fatalf("error is %v, want a *CompileError with diagnostics", err)
			}
			got := compile.Diagnostics[0]
			got.Text = ""
			if got != tt.want {
				t.Errorf("diagnostic %+v, want %+v", got, tt.want)
			}
			if !strings.Contains(err.Error(), tt.wantInText) || strings.Contains(err.Error(), os.TempDir()+"/bpflab") {
				t.Errorf("message lacks %q or shows a temporary path:\n%v", tt.wantInText, err)
			}
		})
	}
}

func TestMissingSource(t *testing.T) {
	needClang(t)
	_, err := New(Options{}).Object(t.Context(), Source{Name: "x", FS: fstest.MapFS{}, Main: "bpf/none.bpf.c"})
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "bpf/none.bpf.c") {
		t.Errorf("error %v, want one that names bpf/none.bpf.c", err)
	}
}

func TestLimits(t *testing.T) {
	clang := needClang(t)
	tests := []struct {
		name    string
		options Options
		source  string
		wants   string
	}{
		{"time", Options{Timeout: 200 * time.Millisecond, Clang: script(t, fmt.Sprintf(`case " $* " in *" -c "*) sleep 600;; *) exec %s "$@";; esac`, clang.Path))}, "int a;\n", "200ms"},
		{"memory", Options{Memory: 500 << 20}, "int a[400000000] = {[399999999] = 1};\n", "500 MiB of memory"},
		{"output", Options{}, "__asm__(\".section big,\\\"a\\\",@progbits\\n.fill 10000000, 8, 0x41\\n\");\n", "64 MiB of output"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			_, err := New(tt.options).Object(t.Context(), text(tt.source))
			if limit := (*LimitError)(nil); !errors.As(err, &limit) || !strings.Contains(limit.Limit, tt.wants) {
				t.Errorf("error is %v, want a *LimitError with %q", err, tt.wants)
			}
			wantEmpty(t, tmp)
		})
	}
}

func TestCancel(t *testing.T) {
	clang := needClang(t)
	tmp, started := t.TempDir(), filepath.Join(t.TempDir(), "started")
	t.Setenv("TMPDIR", tmp)
	slow := script(t, fmt.Sprintf(`case " $* " in *" -c "*) echo $$ >%s; sleep 600;; *) exec %s "$@";; esac`, started, clang.Path))
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil {
			if _, err := os.Stat(started); err == nil {
				cancel()
			}
			time.Sleep(time.Millisecond)
		}
	}()
	_, err := New(Options{Clang: slow, Cache: t.TempDir()}).Object(ctx, text("int a;\n"))
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v, want context.Canceled", err)
	}
	wantEmpty(t, tmp)
}

func wantEmpty(t *testing.T, dir string) {
	t.Helper()
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 0 {
		t.Errorf("left in the temporary directory: %v (%v)", left, err)
	}
}

func writeFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// script returns an executable that stands in for clang.
func script(t *testing.T, body string) string {
	t.Helper()
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh: ", err)
	}
	path := filepath.Join(t.TempDir(), "fake-clang")
	if err := os.WriteFile(path, []byte("#!"+shell+"\n"+body+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestPatience has a compiler that works until its priority is the lowest, which is
// reported.
func TestPatience(t *testing.T) {
	clang := filepath.Join(t.TempDir(), "clang")
	writeFile(t, clang, "#!/bin/sh\ncase \"$*\" in *-MD*) while [ $(nice) -lt 19 ]; do n=0; while [ $n -lt 5000 ]; do n=$((n+1)); done; done; echo 'x.bpf.c:1:1: error: enough' >&2; exit 1;; esac\n")
	if err := os.Chmod(clang, 0o755); err != nil {
		t.Fatal(err)
	}
	slow := 0
	source := text("int a;\n")
	source.Slow = func() { slow++ }
	_, err := New(Options{Clang: clang, Patience: 50 * time.Millisecond}).Object(t.Context(), source)
	if !errors.As(err, new(*CompileError)) || slow != 1 {
		t.Errorf("reported %d times; %v", slow, err)
	}
}

// TestProcessorTime has compilers that work without end, and one that only waits: the time
// that counts is that of the processor.
func TestProcessorTime(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processor time is read on Linux")
	}
	works := script(t, `case "$*" in *-MD*) while :; do :; done;; esac`)
	_, err := New(Options{Clang: works, CPU: 100 * time.Millisecond}).Object(t.Context(), text("int a;\n"))
	if limit := (*LimitError)(nil); !errors.As(err, &limit) || limit.Limit != "100ms of processor time" {
		t.Errorf("a compiler without end: %v", err)
	}
	waits := script(t, `case "$*" in *-MD*) sleep 1; echo 'x.bpf.c:1:1: error: enough' >&2; exit 1;; esac`)
	source := text("int a;\n")
	source.Slow = func() { t.Error("a compiler that waits is slow") }
	_, err = New(Options{Clang: waits, CPU: 900 * time.Millisecond, Patience: 800 * time.Millisecond}).Object(t.Context(), source)
	if !errors.As(err, new(*CompileError)) {
		t.Errorf("a compiler that waits: %v", err)
	}
}

// What clang says of a name that is taken by a section names neither a line nor the cause.
func TestNameOfItsOwnSection(t *testing.T) {
	needClang(t)
	_, err := New(Options{}).Object(t.Context(), text("char license[] __attribute__((section(\"license\"), used)) = \"GPL\";\n"))
	var compile *CompileError
	if !errors.As(err, &compile) || !strings.Contains(compile.Error(), "call it _license") {
		t.Errorf("error %v, want one with another name", err)
	}
}
