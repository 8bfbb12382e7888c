package verify

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// anyClang returns a clang of this host, which may have only one by the name of its version.
func anyClang(t *testing.T) string {
	t.Helper()
	names := []string{"clang"}
	for version := 40; version >= 11; version-- {
		names = append(names, fmt.Sprintf("clang-%d", version))
	}
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no clang in PATH")
	return ""
}

// objectOfOrder compiles a program that passes all packets to a file, and opens it.
func objectOfOrder(t *testing.T, path, target string) *Object {
	t.Helper()
	source := filepath.Join(t.TempDir(), "pass.c")
	if err := os.WriteFile(source, []byte("__attribute__((section(\"xdp\"))) int pass(void) { return 2; }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command(anyClang(t), "-target", target, "-O2", "-g", "-c", source, "-o", path).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	objects, err := Open(path)
	if err != nil || len(objects) != 1 || objects[0].unread != nil || len(objects[0].Programs) != 1 || objects[0].Programs[0].Insns != 2 {
		t.Fatalf("%s: %+v, error %v", path, objects, err)
	}
	return objects[0]
}

// A kernel is asked about objects of its own byte order, of a pair about the one, and of
// another one the result says what is wrong, before a machine starts.
func TestObjectsOfTheOtherByteOrder(t *testing.T) {
	dir := t.TempDir()
	little, big := objectOfOrder(t, filepath.Join(dir, "x_bpfel.o"), "bpfel"), objectOfOrder(t, filepath.Join(dir, "x_bpfeb.o"), "bpfeb")
	for _, arch := range append(kernel.Arches(), "") {
		mine, other := little, big
		if arch.BigEndian() {
			mine, other = big, little
		}
		if got := objectsFor([]*Object{little, big}, arch); len(got) != 1 || got[0] != mine {
			t.Errorf("%s: of a pair %+v", arch, got)
		}
		alone := objectsFor([]*Object{other}, arch)
		if len(alone) != 1 || alone[0].unread == nil || len(alone[0].Programs) != 0 || alone[0].Name != other.Name {
			t.Fatalf("%s: %+v", arch, alone)
		}
		reason := alone[0].unread.reason
		if reason.Code != "byte_order" || !strings.Contains(reason.Text, string(arch.OrDefault())) || !strings.Contains(reason.Fix, strings.TrimSuffix(strings.TrimPrefix(mine.Name, "x_"), ".o")) {
			t.Errorf("%s: %+v", arch, reason)
		}
	}
	elsewhere := objectOfOrder(t, filepath.Join(t.TempDir(), "x_bpfeb.o"), "bpfeb")
	if got := objectsFor([]*Object{little, elsewhere}, kernel.AMD64); len(got) != 2 || got[1].unread == nil {
		t.Errorf("a file of the same name elsewhere is no twin: %+v", got)
	}
	if got := (Options{Loader: Both}).loaderFor(kernel.S390X).Loader; kernel.HostArch() != kernel.S390X && got != Cilium {
		t.Errorf("another architecture's loader is %s", got)
	}
}
