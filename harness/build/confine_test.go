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
		"include":    "#include \"" + secret + "\"\nint x = sizeof(hunter2);\n",
		"climbing":   "#include \"../../../../../../../../" + secret + "\"\n",
		"macro":      "#define F \"" + secret + "\"\n#include F\n",
		"incbin":     "__asm__(\".pushsection .rodata\\n.inc\" \"bin \\\"" + secret + "\\\"\\n.popsection\");\n",
		"endless":    "#include \"../../../../../../../proc/kmsg\"\n",
		"password":   "#include \"/etc/passwd\"\n",
		"other home": "#include \"" + filepath.Join(os.Getenv("HOME"), ".bashrc") + "\"\n",
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
