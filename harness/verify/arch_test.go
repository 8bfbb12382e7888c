package verify

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/vms/kernel"
)

// anyClang returns a clang of this host, which may have only one by the name of its version.
func anyClang(t testing.TB) string {
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

// A program that one architecture rejects and a later kernel of another accepts is accepted
// since no kernel of the run: the two have not the same verifier.
func TestSinceIsOfOneArchitecture(t *testing.T) {
	reason := func() *Reason { return &Reason{Code: "jit"} }
	at := func(series string, arch kernel.Arch) kernel.Image {
		version, err := kernel.ParseVersion(series + ".1")
		if err != nil {
			t.Fatal(err)
		}
		return kernel.Image{Selector: series + arch.Suffix(), Arch: arch.OrZero(), Version: version}
	}
	kernels := []kernel.Image{at("6.1", kernel.AMD64), at("6.1", kernel.S390X), at("6.12", kernel.AMD64), at("7.3", kernel.S390X)}
	results := []Result{
		{Object: "a.o", Program: "p", Verdict: Rejected, Reason: reason()}, {Object: "a.o", Program: "p", Verdict: Rejected, Reason: reason()},
		{Object: "a.o", Program: "p", Verdict: Accepted, Accepted: true}, {Object: "a.o", Program: "p", Verdict: Accepted, Accepted: true},
	}
	for i, k := range kernels {
		results[i].Kernel, results[i].Arch = k.Selector, string(k.Arch)
	}
	marked := markSince(results, kernels)
	for i, want := range []string{"6.12", "7.3/s390x"} {
		if got := marked[i].Reason.Since; got == nil || *got != want {
			t.Errorf("%s is accepted since %v, want %s", marked[i].Kernel, got, want)
		}
	}
}

// The loader with libbpf is built for the host: to ask for it elsewhere is an error, and the result of
// a program that cilium/ebpf cannot load names what is missing.
func TestLibbpfOfAnotherArchitecture(t *testing.T) {
	other := kernel.Arch(kernel.S390X)
	if kernel.HostArch() == other {
		other = kernel.ARM64
	}
	kernels := []kernel.Image{{Selector: "6.1", Arch: kernel.HostArch().OrZero()}, {Selector: "6.1/other", Arch: other}}
	for loader, refused := range map[string]bool{Libbpf: true, Both: true, Cilium: false, Either: false, Auto: false} {
		err := Options{Loader: loader}.CheckKernels(kernels)
		if (err != nil) != refused || refused && (!strings.Contains(err.Error(), "6.1/other is for "+string(other)) || !strings.Contains(err.Error(), "--loader "+loader)) {
			t.Errorf("--loader %s: %v", loader, err)
		}
		if err := (Options{Loader: loader}).CheckKernels(kernels[:1]); err != nil {
			t.Errorf("--loader %s on the host's own: %v", loader, err)
		}
	}
	if err := withoutLibbpf(other); err == nil {
		t.Error("another architecture has libbpf")
	}
	all := []Result{{Program: "p", Verdict: ByLoader, Arch: string(other)}, {Program: "p", Verdict: ByLoader}}
	markUnbuilt(all, func(arch kernel.Arch) error {
		if arch == other {
			return errors.New("it is built for others")
		}
		return nil
	})
	if !strings.Contains(all[0].Warning, "built for others") || all[1].Warning != "" {
		t.Errorf("warnings: %q, %q", all[0].Warning, all[1].Warning)
	}
}

// Two architectures of one version are two columns, two files and two things to compare.
func TestArchitecturesStayApart(t *testing.T) {
	was := Report{Results: []Result{
		{Object: "a.o", Program: "p", Kernel: "6.12", Release: "6.12.1", Verdict: Accepted, Accepted: true, Insns: 10, JitedLen: 100},
		{Object: "a.o", Program: "p", Kernel: "6.12/arm64", Release: "6.12.1", Arch: "arm64", Verdict: Accepted, Accepted: true, Insns: 10, JitedLen: 120},
	}}
	now := Report{Results: slices.Clone(was.Results)}
	now.Results[1].JitedLen = 130
	if changes := Changes(was, now); len(changes) != 1 || changes[0].Now.Kernel != "6.12/arm64" {
		t.Errorf("changes: %+v", changes)
	}
	if got := now.kernels(); len(got) != 2 {
		t.Errorf("kernels: %q", got)
	}
	dir := t.TempDir()
	if err := WriteVeristat(dir, now); err != nil {
		t.Fatal(err)
	}
	if files, _ := filepath.Glob(filepath.Join(dir, "*.csv")); len(files) != 2 {
		t.Errorf("files: %q", files)
	}
}
