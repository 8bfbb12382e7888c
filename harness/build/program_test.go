package build

import (
	"bytes"
	"debug/elf"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/bpf"
)

func bank() Source {
	return Source{Name: "bank", FS: bpf.FS, Main: "bank.c", Include: []string{"include"}}
}

func mustProgram(t *testing.T, b *Builder, src Source) Object {
	t.Helper()
	program, err := b.Program(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	return program
}

func TestProgramIsReproducible(t *testing.T) {
	needClang(t)
	first := mustProgram(t, New(Options{}), bank())
	t.Setenv("TMPDIR", t.TempDir())
	t.Chdir(t.TempDir())
	second := mustProgram(t, New(Options{Cache: t.TempDir()}), bank())
	if first.SHA256 != second.SHA256 {
		t.Errorf("another place gave another program: %s and %s", first.SHA256, second.SHA256)
	}
	for _, place := range []string{os.Getenv("TMPDIR"), "/tmp", "/usr", "/home", "/root"} {
		if strings.Contains(string(second.Bytes), place) {
			t.Errorf("the program holds the path %s", place)
		}
	}
}

// A probe needs the function, under its name; a machine without a C library needs all
// else in the file.
func TestProgramStandsAlone(t *testing.T) {
	needClang(t)
	program := mustProgram(t, New(Options{}), bank())
	file, err := elf.NewFile(bytes.NewReader(program.Bytes))
	if err != nil {
		t.Fatal(err)
	}
	symbols, err := file.Symbols()
	if err != nil {
		t.Fatal(err)
	}
	isProbed := func(s elf.Symbol) bool {
		return s.Name == "withdraw" && elf.ST_TYPE(s.Info) == elf.STT_FUNC && s.Section != elf.SHN_UNDEF
	}
	if !slices.ContainsFunc(symbols, isProbed) {
		t.Errorf("no function withdraw among the %d symbols", len(symbols))
	}
	for _, p := range file.Progs {
		if p.Type == elf.PT_INTERP || p.Type == elf.PT_DYNAMIC {
			t.Errorf("it needs a loader: there is a segment %s", p.Type)
		}
	}
}

// One source, compiled for the machine and for eBPF, is two things in the cache.
func TestProgramIsNotTheObject(t *testing.T) {
	needClang(t)
	b := New(Options{Cache: t.TempDir()})
	src := text("int main(int argc, char **argv) { return 0; }\nvoid _start(void) { main(0, 0); }\n")
	program := mustProgram(t, b, src)
	object, err := b.Object(t.Context(), src)
	if err != nil {
		t.Fatal(err)
	}
	if object.Cached || object.SHA256 == program.SHA256 {
		t.Error("the cache gave the program for eBPF's object")
	}
}

func TestConfinedCompilerLinksPrograms(t *testing.T) {
	needClang(t)
	if err := Confinable(); err != nil {
		t.Skip(err)
	}
	free := mustProgram(t, New(Options{}), bank())
	confined := mustProgram(t, New(Options{Confined: true}), bank())
	if free.SHA256 != confined.SHA256 {
		t.Error("confined, clang makes another program")
	}
}
