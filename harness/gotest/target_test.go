package gotest

import (
	"debug/elf"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/bundle"
	"github.com/bpflab/bpflab/vms/kernel"
)

// module writes a module with files, and returns flags that make the go command work in it.
func module(t *testing.T, files map[string]string) Flags {
	t.Helper()
	dir := t.TempDir()
	files["go.mod"] = "module example.com/m\n\ngo 1.21\n"
	for name, text := range files {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Flags{Build: []string{"-C=" + dir}}
}

const plainTest = "package m\n\nimport \"testing\"\n\nfunc TestNothing(*testing.T) {}\n"

// foreign is an architecture that this host is not of.
func foreign() kernel.Arch {
	if kernel.HostArch() == kernel.S390X {
		return kernel.ARM64
	}
	return kernel.S390X
}

// Tests are compiled for the architecture of the kernel, and by constraints of files each has
// its own.
func TestCompileForAnArchitecture(t *testing.T) {
	arch := foreign()
	flags := module(t, map[string]string{"m_test.go": plainTest, "only/m.go": "package m\n", "only/m_riscv64_test.go": plainTest})
	packages, err := Compile(t.Context(), []string{"./..."}, flags, arch, t.TempDir(), false)
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) != 2 || packages[0].Arch != arch || bundle.ArchOf(packages[0].Binary) != arch || packages[1].Binary != "" {
		t.Fatalf("%+v", packages)
	}
	if want := "m.test for " + string(arch) + " (GOARCH=" + arch.GOARCH() + ", CGO_ENABLED=0)"; packages[0].Made != want {
		t.Errorf("made %q, want %q", packages[0].Made, want)
	}
	found, err := list(t.Context(), []string{"./..."}, flags, []string{"GOARCH=riscv64"})
	if err != nil || len(found) != 2 || len(found[1].TestGoFiles) != 1 {
		t.Errorf("for riscv64 there is %+v, %v", found, err)
	}
}

// C needs a compiler for the architecture; where there is none, the error or the report names it.
func TestCompileC(t *testing.T) {
	t.Setenv("CGO_ENABLED", "")
	t.Setenv("PATH", goAlone(t, os.Getenv("PATH"))) // without cross compilers
	arch := foreign()
	compiler := compilerOf(arch) + " (apt-get install gcc-"
	flags := module(t, map[string]string{"m_test.go": plainTest, "c.go": "package m\n\n// int one(void);\nimport \"C\"\n", "other.go": "package m\n"})
	packages, err := Compile(t.Context(), []string{"."}, flags, arch, t.TempDir(), false)
	if err != nil || len(packages) != 1 || !strings.Contains(packages[0].Made, "without the C of example.com/m, which takes "+compiler) {
		t.Errorf("C that is left out: %+v, %v", packages, err)
	}
	flags = module(t, map[string]string{"m_test.go": plainTest, "c.go": "package m\n\n// #define ONE 1\nimport \"C\"\n\nconst one = C.ONE\n", "m.go": "package m\n\nconst two = one + one\n"})
	if _, err = Compile(t.Context(), []string{"."}, flags, arch, t.TempDir(), false); err == nil || !strings.Contains(err.Error(), "example.com/m has C, which for "+string(arch)+" takes "+compiler) {
		t.Errorf("C that is needed: %v", err)
	}
	flags.Build = append(flags.Build, "-race")
	if _, err = Compile(t.Context(), []string{"."}, flags, arch, t.TempDir(), false); err == nil || !strings.HasPrefix(err.Error(), "-race compiles C, which for "+string(arch)+" takes "+compiler) {
		t.Errorf("-race: %v", err)
	}
}

// A library that the cross compiler does not find is one of the architecture, not of this host.
func TestMissingLibrary(t *testing.T) {
	linker := errors.New("aarch64-linux-gnu/bin/ld: cannot find -lelf: No such file or directory\ncollect2: error: ld returned 1 exit status")
	arch := foreign()
	name := crossNames[arch].library
	err := target{arch: arch}.explain(linker)
	want := "\n-lelf is not here for " + string(arch) + ": Debian has it as a package of that architecture (dpkg --add-architecture " + name +
		" && apt-get update && apt-get install PACKAGE:" + name + ")"
	if !errors.Is(err, linker) || !strings.HasSuffix(err.Error(), want) {
		t.Errorf("%v, want %s", err, want)
	}
	if err := (target{arch: kernel.HostArch()}).explain(linker); err != linker {
		t.Errorf("of this host: %v", err)
	}
	if other := errors.New("undefined: x"); (target{arch: arch}).explain(other) != other {
		t.Error("an error that is about no library is explained")
	}
}

// goAlone returns a directory with nothing but the go command of a PATH.
func goAlone(t *testing.T, path string) string {
	t.Helper()
	for _, dir := range filepath.SplitList(path) {
		if _, err := os.Stat(filepath.Join(dir, "go")); err == nil {
			alone := t.TempDir()
			real, err := filepath.EvalSymlinks(filepath.Join(dir, "go"))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Symlink(real, filepath.Join(alone, "go")); err != nil {
				t.Fatal(err)
			}
			return alone
		}
	}
	t.Fatal("there is no go in PATH")
	return ""
}

// Each kernel has the binary of its architecture, and a package that has no tests there is left out.
func TestPackagesOfArchitectures(t *testing.T) {
	r := &Runner{Packages: []*Package{
		{Path: "a", Arch: kernel.AMD64, Binary: "/amd64/a.test"}, {Path: "b", Arch: kernel.AMD64, Binary: "/amd64/b.test"},
		{Path: "a", Arch: kernel.S390X, Binary: "/s390x/a.test"}, {Path: "b", Arch: kernel.S390X},
	}}
	if got := strings.Join(r.paths(), " "); got != "a b" {
		t.Errorf("paths %q", got)
	}
	big, small := kernel.Image{Arch: kernel.S390X, Kernel: "/image"}, kernel.Image{Kernel: "/image"}
	for want, p := range map[string]*Package{"/s390x/a.test": r.compiledFor("a", big), "/amd64/a.test": r.compiledFor("a", small), "/amd64/b.test": r.compiledFor("b", small)} {
		if p == nil || p.Binary != want {
			t.Errorf("%+v, want %s", p, want)
		}
	}
	if p := r.compiledFor("b", big); p != nil {
		t.Errorf("tests that are not there: %+v", p)
	}
	if got := ArchOf(kernel.Image{Selector: "host"}); got != kernel.HostArch() {
		t.Errorf("a provider's own kernel is of %s", got)
	}
}

// The names of machines are those of ELF headers.
func TestArchOfABinary(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	file, err := elf.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if got := bundle.ArchOf(self); got != kernel.HostArch() {
		t.Errorf("%s is of %q", file.Machine, got)
	}
}
