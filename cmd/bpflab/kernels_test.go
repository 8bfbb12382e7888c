package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/bpflab/bpflab/harness/verdict"
	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
	"github.com/bpflab/bpflab/vms/kernel/catalogue"
	"github.com/bpflab/bpflab/vms/kernel/kerneltest"
)

// kernels runs `bpflab kernels ARGS` in a directory of its own, on a mirror
// that does not answer.
func kernels(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	for _, name := range catalogue.SourceNames() {
		t.Setenv(catalogue.MirrorVariable(name), "http://127.0.0.1:9/"+name)
	}
	t.Setenv("BPFLAB_DEBIAN_ARCHIVE", "http://127.0.0.1:9")
	t.Setenv("BPFLAB_DEBIAN_SNAPSHOT", "http://127.0.0.1:9")
	var out, errs bytes.Buffer
	code = execute(append([]string{"kernels"}, args...), &out, &errs)
	return code, out.String(), errs.String()
}

// inNewCache gives the test a cache and a current directory.
func inNewCache(t *testing.T) {
	t.Helper()
	t.Setenv("BPFLAB_CACHE", t.TempDir())
	t.Chdir(t.TempDir())
}

func TestEmbeddedLockFile(t *testing.T) {
	lock, err := kernel.ParseLock(vms.KernelsLock)
	if err != nil {
		t.Fatal(err)
	}
	if refs, err := kernel.Resolve([]string{"default"}, lock.Refs); err != nil || len(refs) < 4 { // five once 4.19 is pinned
		t.Errorf("default: %v, %v", refs, err)
	}
	if text, err := lock.Text(); err != nil || !bytes.Equal(text, vms.KernelsLock) {
		t.Errorf("vms/kernels.lock is not as bpflab writes it (%v); write it with `bpflab kernels lock`", err)
	}
}

func TestKernelsImportListPrune(t *testing.T) {
	inNewCache(t)
	if err := os.WriteFile("bzImage", kerneltest.Kernel("4.19.72"), 0o644); err != nil {
		t.Fatal(err)
	}
	code, out, errs := kernels(t, "import", "bzImage", "--name", "old")
	if code != verdict.ExitOK || !strings.Contains(out, "--kernel local:old") {
		t.Fatalf("exit %d: %s%s", code, out, errs)
	}
	_, out, _ = kernels(t, "list", "--json")
	var list struct {
		Schema  int
		Kernels []kernelLine
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || list.Schema != 1 {
		t.Fatalf("%v: %s", err, out)
	}
	last := list.Kernels[len(list.Kernels)-1]
	if last.Selector != "local:old" || !last.Cached || last.Disk == 0 || last.Release != "4.19.72" || len(last.SHA256) != 64 {
		t.Errorf("got %+v", last)
	}
	if _, out, _ = kernels(t, "list"); !strings.Contains(out, "SELECTOR") || !strings.Contains(out, "local:old") {
		t.Errorf("got %s", out)
	}
	if code, out, _ = kernels(t, "list", "local:old+jit=off", "5.10+cgroup1"); code != verdict.ExitOK || !strings.Contains(out, "local:old+jit=off") || !strings.Contains(out, "5.10+cgroup1") || strings.Contains(out, "6.1") {
		t.Errorf("list of variants: exit %d: %s", code, out)
	}
	if code, _, errs = kernels(t, "list", "5.10+jit=on"); code != verdict.ExitUsage || !strings.Contains(errs, "there is +jit=off") {
		t.Errorf("list of no variant: exit %d: %s", code, errs)
	}
	if code, out, _ = kernels(t, "verify"); code != verdict.ExitOK || !strings.Contains(out, "local:old\tok") {
		t.Errorf("verify: exit %d: %s", code, out)
	}
	if code, out, errs = kernels(t, "prune", "--forget", "old"); code != verdict.ExitOK || !strings.Contains(out, "freed") {
		t.Errorf("prune: exit %d: %s%s", code, out, errs)
	}
}

func TestKernelsVerifyFindsDamage(t *testing.T) {
	inNewCache(t)
	if err := os.WriteFile("bzImage", kerneltest.Kernel("4.19.72"), 0o644); err != nil {
		t.Fatal(err)
	}
	kernels(t, "import", "bzImage")
	found, err := filepath.Glob(filepath.Join(os.Getenv("BPFLAB_CACHE"), "images", "*", "vmlinux"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	if err := os.Truncate(found[0], 10); err != nil {
		t.Fatal(err)
	}
	if code, out, _ := kernels(t, "verify"); code != verdict.ExitFail || !strings.Contains(out, "damaged") {
		t.Errorf("exit %d: %s", code, out)
	}
}

func TestKernelsErrors(t *testing.T) {
	inNewCache(t)
	tests := []struct {
		args string
		code int
		want string
	}{
		{"pull nope", verdict.ExitUsage, `"nope"`},
		{"pull 3.2", verdict.ExitUsage, `"3.2" matches no kernel`},
		{"pull local:x", verdict.ExitUsage, "not imported"},
		{"pull oci:x", verdict.ExitUsage, "names no image"},
		{"pull oci:127.0.0.1:9/x:1", verdict.ExitInfra, "oci:127.0.0.1:9/x:1"},
		{"pull nosuch/1", verdict.ExitUsage, "no source"},
		{"pull 6.1 --mirror nosuch=http://127.0.0.1:9", verdict.ExitUsage, "no source"},
		{"search 6.1", verdict.ExitInfra, "--mirror"},
		{"pull 6.1", verdict.ExitInfra, "--mirror"},
		{"pull 4.19", verdict.ExitInfra, "kernels import"},
		{"pull 4.19 --locked", verdict.ExitUsage, "matches no kernel"},
		{"pull --mirror nonsense", verdict.ExitUsage, `"nonsense"`},
		{"import /etc/passwd", verdict.ExitUsage, "/etc/passwd: no kernel"},
		{"import", verdict.ExitUsage, "arg"},
		{"prune --forget x", verdict.ExitUsage, "not imported"},
		{"lock", verdict.ExitInfra, "127.0.0.1:9"},
		{"lock local:x", verdict.ExitUsage, "cannot be pinned"},
		{"lokc", verdict.ExitUsage, "did you mean lock"},
	}
	for _, tt := range tests {
		t.Run(tt.args, func(t *testing.T) {
			code, out, errs := kernels(t, strings.Fields(tt.args)...)
			if code != tt.code || !strings.Contains(errs, tt.want) {
				t.Errorf("exit %d, want %d: %s%s", code, tt.code, out, errs)
			}
		})
	}
	if _, err := os.Stat("kernels.lock"); err == nil {
		t.Error("a failed lock wrote a file")
	}
}

func TestKernelsBadLockFile(t *testing.T) {
	inNewCache(t)
	t.Setenv(lockVariable, filepath.Join(t.TempDir(), "mine.lock"))
	if code, _, errs := kernels(t, "list"); code != verdict.ExitUsage || !strings.Contains(errs, "mine.lock") {
		t.Errorf("missing: exit %d: %s", code, errs)
	}
	if err := os.WriteFile(os.Getenv(lockVariable), []byte("schema: 7\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	if code, _, errs := kernels(t, "list"); code != verdict.ExitUsage || !strings.Contains(errs, "schema 7") {
		t.Errorf("bad: exit %d: %s", code, errs)
	}
}

func TestProgressInAPipe(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, false)
	p.Bytes("a.deb", 0, 2_500_000)
	p.Bytes("a.deb", 2_500_000, 2_500_000)
	p.Note("unpacking a")
	if got, want := out.String(), "fetching a.deb (2.5 MB)\nunpacking a\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestProgressOnATerminal(t *testing.T) {
	var out bytes.Buffer
	p := newProgress(&out, true)
	p.Bytes("a.deb", 10, 100)
	p.Bytes("b.deb", 100, 100)
	p.Note("a note")
	p.Bytes("a.deb", 100, 100)
	if got := out.String(); !strings.Contains(got, "fetching kernels") || !strings.Contains(got, "a note\n") {
		t.Errorf("got %q", got)
	}
	if p.bar != nil || len(p.totals) != 0 {
		t.Error("the bar stays although everything is there")
	}
}

// A pinned package that has left its mirror is an error where nothing but pins will do.
func TestLockedKernelThatIsGone(t *testing.T) {
	inNewCache(t)
	mirror := httptest.NewServer(http.NotFoundHandler())
	defer mirror.Close()
	code, out, errs := kernels(t, "pull", "6.1", "--locked", "--mirror", mirror.URL+"/debian")
	if code != verdict.ExitInfra || !strings.Contains(errs, kernel.ErrGone.Error()) || !strings.Contains(errs, "leave out --locked") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if _, out, _ = kernels(t, "list", "--json"); !strings.Contains(out, `"cached": false`) || strings.Contains(out, `"cached": true`) {
		t.Errorf("another kernel was fetched: %s", out)
	}
}
