package main

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms/kernel"
)

// withoutArch are the verbs that have --kernel and no --arch: a workshop has machines of the
// host's architecture alone.
var withoutArch = map[string]bool{"workshop": true, "workshop prepare": true, "labs preview": true}

// TestArchIsWhereKernelIs has every verb with --kernel take --arch and refuse what is none.
func TestArchIsWhereKernelIs(t *testing.T) {
	emptyWorld(t)
	for name, verb := range verbs(newRootCmd()) {
		if verb.Flags().Lookup("kernel") == nil {
			continue
		}
		if has := verb.Flags().Lookup("arch") != nil; has == withoutArch[name] {
			t.Errorf("%s has --arch: %v", name, has)
			continue
		}
		if withoutArch[name] {
			continue
		}
		words := strings.Fields(name)
		refused(t, "did you mean arm64?", append(words, "--arch", "arm46")...)
		refused(t, "s390x is named twice", append(words, "--arch", "s390x", "--arch", "s390x")...)
	}
}

func TestArchBesideAnother(t *testing.T) {
	emptyWorld(t)
	const wrong = `kernel "6.1/s390x" is for s390x, and --arch names arm64`
	refused(t, wrong, "run", "hello", "--kernel", "6.1/s390x", "--arch", "arm64")
	refused(t, wrong, "exec", "--kernel", "6.1/s390x", "--arch", "arm64", "--", "true")
	refused(t, wrong, "features", "--diff", "6.1/s390x", "6.12", "--arch", "arm64")
	refused(t, wrong, "kernels", "pull", "6.1/s390x", "--arch", "arm64")
	refused(t, wrong, "kernels", "list", "6.1/s390x", "--arch", "arm64")
	refused(t, wrong, "kernels", "lock", "6.1/s390x", "--arch", "arm64")
	refused(t, wrong, "kernels", "save", t.TempDir(), "6.1/s390x", "--arch", "arm64")
	refused(t, wrong, "kernels", "sweep", "6.1/s390x", "--arch", "arm64", "hello")
	refused(t, wrong, "bisect", "--good", "6.1/s390x", "--bad", "6.1/s390x", "--arch", "arm64", "hello")
	refused(t, "names 2 architectures", "bisect", "--good", "6.1", "--bad", "6.12", "--arch", "arm64,s390x", "hello")
	refused(t, "--arch names 2", "kernels", "import", "/boot", "--arch", "arm64,s390x")
}

// pin returns a lock file's text with kernels of Debian's: each a series and an architecture.
func pin(t *testing.T, kernels ...string) []byte {
	t.Helper()
	var lock kernel.Lock
	for i, one := range kernels {
		series, arch, _ := strings.Cut(one, "/")
		version, err := kernel.ParseVersion(series + ".7")
		if err != nil {
			t.Fatal(err)
		}
		digest := strings.Repeat(string(rune('a'+i)), 64)
		lock = lock.With(kernel.Ref{Source: kernel.Debian, Suite: "bookworm", Flavour: kernel.Generic, Arch: kernel.Arch(arch).OrZero(), Version: version,
			Release: series + ".7-" + arch, Files: []kernel.File{{Package: "linux-image-" + arch, Version: series + ".7-1", Path: "pool/" + arch + ".deb", Size: 1, SHA256: digest}}})
	}
	text, err := lock.Text()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// inWorldWith has a lock file with kernels, and no network.
func inWorldWith(t *testing.T, kernels ...string) {
	t.Helper()
	inNewCache(t)
	emptyWorld(t)
	if err := os.WriteFile("kernels.lock", pin(t, kernels...), 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestArchOfKernelsList(t *testing.T) {
	inWorldWith(t, "6.1/amd64", "6.1/arm64", "6.1/s390x", "6.1/ppc64el", "6.12/riscv64", "6.12/arm64")
	for args, want := range map[string]string{
		"":                         "6.1/generic 6.1/generic/arm64 6.1/s390x 6.1/ppc64el 6.12/generic/arm64 6.12/riscv64",
		"--arch s390x,riscv64":     "6.1/s390x 6.12/riscv64",
		"6.1 --arch ppc64el,s390x": "6.1/ppc64el 6.1/s390x",
		"6.1,6.12/riscv64 --locked --arch all-arch": "6.1/generic 6.1/generic/arm64 6.1/s390x 6.1/ppc64el 6.12/riscv64",
		"6.12 --arch riscv64 --arch arm64":          "6.12/riscv64 6.12/generic/arm64",
		"6.1+jit=off --arch s390x --locked":         "6.1/s390x+jit=off",
		"6.12 --arch s390x --locked":                `kernel "6.12/s390x" matches no kernel`,
		"6.12 --arch all-arch,riscv64":              "riscv64 is named twice",
		"6.1.7-s390x --arch arm64":                  `kernel "6.1.7-s390x" is for s390x, and --arch names arm64`,
		"6.1.7-s390x --arch s390x,arm64":            "6.1/s390x",
		"latest --arch ppc64el,s390x,riscv64":       "6.1/ppc64el 6.1/s390x 6.12/riscv64",
	} {
		code, out, errs := kernels(t, append([]string{"list", "--json"}, strings.Fields(args)...)...)
		var list struct{ Kernels []kernelLine }
		if code != verdict.ExitOK {
			if !strings.Contains(errs, want) || code != verdict.ExitUsage {
				t.Errorf("list %s: exit code %d, %s; want %s", args, code, errs, want)
			}
			continue
		}
		if err := json.Unmarshal([]byte(out), &list); err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range list.Kernels {
			got = append(got, l.Selector)
			if !strings.Contains(l.Release, l.Arch) {
				t.Errorf("%s: arch is %q", l.Selector, l.Arch)
			}
		}
		if text := strings.Join(got, " "); text != want {
			t.Errorf("list %s: %s, want %s", args, text, want)
		}
	}
}

func TestArchOfMatrix(t *testing.T) {
	inWorldWith(t, "6.1/amd64", "6.1/arm64", "6.12/amd64", "6.12/arm64")
	var out, errs bytes.Buffer
	code := execute([]string{"ci", "matrix", "hello", "--kernel", ">=6.1", "--arch", "amd64,arm64"}, &out, &errs)
	if code != verdict.ExitOK {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	for _, job := range []string{"6.1/generic ", "6.12/generic ", "6.1/generic/arm64 ", "6.12/generic/arm64 "} {
		if n := strings.Count(out.String(), "\n"+job); n != 1 {
			t.Errorf("%d jobs of %s, want one:\n%s", n, job, out.String())
		}
	}
}

// armImage is an Image of arm64 with a release in it.
func armImage(release string) []byte {
	image := make([]byte, 4096)
	copy(image[0x38:], "ARM\x64")
	copy(image[1024:], "Linux version "+release+" (fake@kerneltest) #1 SMP\x00")
	return image
}

func TestArchOfImport(t *testing.T) {
	inNewCache(t)
	if err := os.WriteFile("Image", armImage("6.6.1-mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := kernels(t, "import", "Image", "--arch", "s390x")
	if code != verdict.ExitUsage || !strings.Contains(errs, "for arm64, not for s390x") {
		t.Errorf("another architecture: exit code %d: %s%s", code, out, errs)
	}
	code, out, errs = kernels(t, "import", "Image", "--arch", "aarch64", "--name", "mine")
	if code != verdict.ExitOK || !strings.Contains(out, "imported 6.6.1-mine for arm64 as local:mine/arm64; use it with --kernel local:mine/arm64") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	for selector, want := range map[string]string{"local:mine": "", "local:mine --arch arm64,s390x": "", "local:mine --arch s390x": "is for arm64, and --arch names s390x"} {
		code, out, errs = kernels(t, append([]string{"pull"}, strings.Fields(selector)...)...)
		if want == "" && code != verdict.ExitOK || want != "" && (code != verdict.ExitUsage || !strings.Contains(errs, want)) {
			t.Errorf("pull %s: exit code %d: %s%s", selector, code, out, errs)
		}
	}
	if err := os.WriteFile("vmlinux", append([]byte("\x7fELF\x02\x01\x01\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02\x00\x02\x01"), make([]byte, 64)...), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs = kernels(t, "import", "vmlinux"); code != verdict.ExitUsage || !strings.Contains(errs, "EM_LOONGARCH") || !strings.Contains(errs, "bpflab boots") {
		t.Errorf("an unknown machine: exit code %d: %s", code, errs)
	}
}

func TestPruneOfOneArchitecture(t *testing.T) {
	inNewCache(t)
	for name, release := range map[string]string{"a": "6.6.1-a", "b": "6.6.2-b"} {
		if err := os.WriteFile(name, armImage(release), 0o644); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := kernels(t, "import", name, "--name", name); code != verdict.ExitOK {
			t.Fatalf("exit code %d: %s%s", code, out, errs)
		}
	}
	cached := func() (n int) {
		_, out, _ := kernels(t, "verify")
		return strings.Count(out, "\tok\t/") + strings.Count(out, "-a\n") + strings.Count(out, "-b\n")
	}
	for _, step := range []struct {
		args string
		left int
	}{{"prune --arch s390x --forget a", 2}, {"prune --arch arm64", 1}, {"prune --arch arm64 --all", 1}} {
		if code, out, errs := kernels(t, strings.Fields(step.args)...); code != verdict.ExitOK || cached() != step.left {
			t.Errorf("%s: exit code %d, %d kernels are left, want %d: %s%s", step.args, code, cached(), step.left, out, errs)
		}
	}
}

func TestCompletions(t *testing.T) {
	emptyWorld(t)
	for words, want := range map[string]string{
		"run --arch ":            "amd64 arm64 s390x riscv64 ppc64el all-arch",
		"run --arch a":           "amd64 arm64 all-arch",
		"run --arch arm64,r":     "arm64,riscv64",
		"run --kernel 6.1/s":     "6.1/s390x",
		"run --kernel 6.12,lat":  "6.12,latest",
		"exec --kernel 6.1/all-": "6.1/all-arch",
		"kernels pull --arch p":  "ppc64el",
	} {
		var out, errs bytes.Buffer
		execute(append([]string{"__complete"}, strings.Split(words, " ")...), &out, &errs)
		list, _, _ := strings.Cut(out.String(), "\n:")
		if got := strings.Join(strings.Fields(list), " "); got != want {
			t.Errorf("%s: %s, want %s", words, got, want)
		}
	}
}
