package build

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
)

// What a confined compiler is asked to read of this machine it cannot read, by whatever
// way it is asked.
func TestConfinedCompilerReadsNothingElse(t *testing.T) {
	if err := Confinable(); err != nil {
		t.Skip(err)
	}
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("int hunter2;\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, code := range map[string]string{
		"include":                    "#include \"" + secret + "\"\nint x = sizeof(hunter2);\n",
		"climbing":                   "#include \"../../../../../../../../" + secret + "\"\n",
		"macro":                      "#define F \"" + secret + "\"\n#include F\n",
		"incbin":                     incbin(secret),
		"endless":                    "#include \"../../../../../../../proc/kmsg\"\n",
		"password":                   "#include \"/etc/passwd\"\n",
		"other home":                 "#include \"" + filepath.Join(os.Getenv("HOME"), ".bashrc") + "\"\n",
		"a program":                  incbin("/bin/sh"),
		"libraries":                  incbin("/etc/ld.so.cache"),
		"a file of the distribution": "#define NAME int\n#include \"/usr/lib/os-release\"\n",
	} {
		t.Run(name, func(t *testing.T) {
			b := New(Options{Confined: true})
			object, err := b.Object(context.Background(), Source{Name: "x", FS: fstest.MapFS{"x.c": {Data: []byte(code)}}, Main: "x.c"})
			if err == nil {
				t.Fatalf("it compiled; the secret is in the object: %v", strings.Contains(string(object.Bytes), "hunter2"))
			}
			var compile *CompileError
			if !errors.As(err, &compile) {
				t.Fatal(err)
			}
			if strings.Contains(compile.Output, "hunter2;") || strings.Contains(compile.Output, "root:") {
				t.Errorf("clang shows what it must not read:\n%s", compile.Output)
			}
		})
	}
}

// incbin returns C that puts a file into the object.
func incbin(file string) string {
	return "__asm__(\".pushsection .rodata\\n.inc\" \"bin \\\"" + file + "\\\"\\n.popsection\");\n"
}

// TestMarkerBesideTheCompiler has a marker below /usr, where the compiler and its headers are
// too: it comes out neither by #include nor by .incbin.
func TestMarkerBesideTheCompiler(t *testing.T) {
	if err := Confinable(); err != nil {
		t.Skip(err)
	}
	dir, err := os.MkdirTemp("/usr/local/etc", "bpflab-test-")
	if err != nil {
		t.Skip("needs root, to put a marker below /usr: ", err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	marker := filepath.Join(dir, "marker")
	writeFile(t, marker, "int hunter2 = 1;\n")
	for name, code := range map[string]string{"include": "#include \"" + marker + "\"\n", "incbin": incbin(marker)} {
		object, err := New(Options{Confined: true}).Object(t.Context(), text(code))
		if !errors.As(err, new(*CompileError)) {
			t.Errorf("%s: error %v; the marker is in the object: %v", name, err, strings.Contains(string(object.Bytes), "hunter2"))
		}
	}
}

// TestConfinedLinker links a program, as for a lab that watches one.
func TestConfinedLinker(t *testing.T) {
	if err := Confinable(); err != nil {
		t.Skip(err)
	}
	source := text("void _start(void) { for (;;) ; }\n")
	free, err := New(Options{}).Program(t.Context(), source)
	if err != nil {
		t.Fatal(err)
	}
	if confined, err := New(Options{Confined: true}).Program(t.Context(), source); err != nil || confined.SHA256 != free.SHA256 {
		t.Errorf("the confined compiler made another program: %v", err)
	}
}

// What has nothing to do with secrets compiles as ever, into the same bytes.
func TestConfinedCompilerCompiles(t *testing.T) {
	if err := Confinable(); err != nil {
		t.Skip(err)
	}
	source := Source{Name: "x", FS: fstest.MapFS{"x.c": {Data: []byte("#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\nSEC(\"xdp\") int x(void *c) { return 2; }\n")}}, Main: "x.c"}
	free, err := New(Options{}).Object(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	confined, err := New(Options{Confined: true}).Object(context.Background(), source)
	if err != nil {
		t.Fatal(err)
	}
	if confined.SHA256 != free.SHA256 {
		t.Error("the confined compiler made another object")
	}
}
