package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	for version, want := range map[string]string{
		"v0.2.0": "", "v1.0.0-rc.1": "",
		"": "no version", "0.2.0": "VERSION=v0.2.0", "v0.2": "as v0.2.0", "v1": "as v1.0.0", "v0.2.0+dirty": "as v0.2.0",
		"latest": "no version of SemVer", "v0.02.0": "no version of SemVer", "v0.2.0-": "no version of SemVer", "90e17e3": "no version of SemVer", "v0.2.0-3-g90e17e3_": "no version of SemVer",
	} {
		err := checkVersion(version)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", version, err, want)
		}
	}
}

func TestTargets(t *testing.T) {
	own := runtime.GOOS + "/" + runtime.GOARCH
	for list, want := range map[string]string{"": "", own: "", own + ",windows/amd64": "", "plan9/amd64": "is no target", "windows/amd64": "prints the manual pages", own + ",": "is no target"} {
		if _, err := chosen(list); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%q: %v, want %q", list, err, want)
		}
	}
}

// checkout makes a repository with one commit.
func checkout(t *testing.T) (dir string, git func(args ...string)) {
	t.Helper()
	dir = t.TempDir()
	git = func(args ...string) {
		t.Helper()
		cmd := exec.Command("git", append([]string{"-C", dir, "-c", "user.name=t", "-c", "user.email=t@example.com"}, args...)...)
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("git %v: %v: %s", args, err, out)
		}
	}
	git("init", "-q")
	write(t, filepath.Join(dir, "a"), "1")
	git("add", "a")
	git("commit", "-q", "-m", "one")
	return dir, git
}

func write(t *testing.T, name, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o755); err != nil {
		t.Fatal(err)
	}
}

func TestTreeWithChangesIsRefused(t *testing.T) {
	dir, git := checkout(t)
	if _, err := newRelease(t.Context(), dir, "v0.2.0"); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "new"), "x")
	if _, err := newRelease(t.Context(), dir, "v0.2.0"); err == nil || !strings.Contains(err.Error(), "changes that no commit has") || !strings.Contains(err.Error(), "?? new") {
		t.Errorf("a new file: %v", err)
	}
	os.Remove(filepath.Join(dir, "new"))
	write(t, filepath.Join(dir, "a"), "2")
	if _, err := newRelease(t.Context(), dir, "v0.2.0"); err == nil || !strings.Contains(err.Error(), "M a") {
		t.Errorf("a changed file: %v", err)
	}
	git("tag", "v0.2.0")
	git("commit", "-q", "-a", "-m", "two")
	if _, err := newRelease(t.Context(), dir, "v0.2.0"); err == nil || !strings.Contains(err.Error(), "v0.2.0 is tagged at") {
		t.Errorf("a tag elsewhere: %v", err)
	}
	if _, err := newRelease(t.Context(), t.TempDir(), "v0.2.0"); err == nil {
		t.Error("a release of no checkout")
	}
}

// fakeRelease packs programs that are none, with some documents.
func fakeRelease(t *testing.T, program string) *release {
	t.Helper()
	r := &release{repo: filepath.Join("..", ".."), out: t.TempDir(), version: "v0.2.0", commit: strings.Repeat("a", 40), date: time.Date(2026, 11, 30, 23, 0, 0, 0, time.UTC)}
	docs := documents{"doc/bpflab/README.md": []byte("read\n"), "zsh/vendor-completions/_bpflab": []byte("#compdef\n")}
	if err := manuals([]byte(someVerbs()), r.version, r.date, docs); err != nil {
		t.Fatal(err)
	}
	for _, target := range targets {
		write(t, r.binary(target), program)
		if err := r.archive(target, docs); err != nil {
			t.Fatal(err)
		}
		if target.os == "linux" {
			if err := r.packages(target, docs); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := r.installer(); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(r.work()); err != nil {
		t.Fatal(err)
	}
	if err := r.sums(); err != nil {
		t.Fatal(err)
	}
	return r
}

// someVerbs is what `bpflab describe` may print.
func someVerbs() string {
	verbs := []string{`{"name": "", "use": "bpflab [flags]", "short": "s"}`, `{"name": "kernels", "use": "bpflab kernels", "short": "k"}`}
	for i := range 20 {
		verbs = append(verbs, fmt.Sprintf(`{"name": "kernels v%d", "use": "bpflab kernels v%[1]d WORD [flags]", "short": "s", "flags": [{"name": "json", "value": "[FILE]", "usage": "u"}, {"name": "all", "shorthand": "a", "usage": "u"}]}`, i))
	}
	return `{"verbs": [` + strings.Join(verbs, ",") + `]}`
}

// Packages and archives of the same programs are the same, wherever and whenever they are made.
func TestPackagesAreReproducible(t *testing.T) {
	one, two := fakeRelease(t, "program"), fakeRelease(t, "program")
	a, b := read(t, filepath.Join(one.out, sumsFile)), read(t, filepath.Join(two.out, sumsFile))
	if a != b || strings.Count(a, "\n") != len(targets)+4+1 {
		t.Errorf("%s\nis not\n%s", a, b)
	}
	if other := read(t, filepath.Join(fakeRelease(t, "another").out, sumsFile)); other == a {
		t.Error("other programs have the same digests")
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestManualPages(t *testing.T) {
	docs := documents{}
	if err := manuals([]byte(someVerbs()), "v0.2.0", time.Unix(0, 0), docs); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"man/man1/bpflab.1.gz", "man/man1/bpflab-kernels.1.gz", "man/man1/bpflab-kernels-v7.1.gz"} {
		if len(docs[name]) == 0 {
			t.Errorf("no %s among %v", name, docs.names())
		}
	}
	if err := manuals([]byte(`{"verbs": []}`), "v0.2.0", time.Unix(0, 0), documents{}); err == nil {
		t.Error("no verbs are no error")
	}
}

// A .deb says what it depends on, and dpkg reads it.
func TestDebian(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip(err)
	}
	r := fakeRelease(t, "program")
	out, err := exec.Command("dpkg-deb", "--info", filepath.Join(r.out, "bpflab_0.2.0_amd64.deb")).CombinedOutput()
	for _, want := range []string{"Version: 0.2.0", "Architecture: amd64", "qemu-system-x86", "busybox-static", "clang |", "libbpf-dev"} {
		if err != nil || !strings.Contains(string(out), want) {
			t.Errorf("%v, no %q in:\n%s", err, want, out)
		}
	}
	out, err = exec.Command("dpkg-deb", "--contents", filepath.Join(r.out, "bpflab_0.2.0_amd64.deb")).CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("-rwxr-xr-x root/root")) || !bytes.Contains(out, []byte("./usr/share/man/man1/bpflab.1.gz")) {
		t.Errorf("%v:\n%s", err, out)
	}
}

// install runs install.sh on the files of a release.
func install(t *testing.T, r *release, args ...string) (string, error) {
	t.Helper()
	cmd := exec.Command("sh", append([]string{filepath.Join(r.out, "install.sh"), "--from", r.out}, args...)...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

const fakeProgram = "#!/bin/sh\necho bpflab v0.2.0\n"

func TestInstall(t *testing.T) {
	r, to := fakeRelease(t, fakeProgram), filepath.Join(t.TempDir(), "bin")
	out, err := install(t, r, "--to", to)
	if err != nil || !strings.Contains(out, "bpflab v0.2.0 is in "+to) || read(t, filepath.Join(to, "bpflab")) != fakeProgram {
		t.Fatalf("%v: %s", err, out)
	}
	for name, test := range map[string]struct {
		spoil func(*release)
		args  []string
		want  string
	}{
		"another archive": {func(r *release) {
			for _, arch := range []string{"amd64", "arm64"} {
				write(t, filepath.Join(r.out, "bpflab_0.2.0_linux_"+arch+".tar.gz"), "evil")
			}
		}, nil, "damaged, or is not the one that was released"},
		"no digests":           {func(r *release) { os.Remove(filepath.Join(r.out, sumsFile)) }, nil, "has no SHA256SUMS"},
		"empty digests":        {func(r *release) { write(t, filepath.Join(r.out, sumsFile), "") }, nil, "no archive for linux/"},
		"another version":      {nil, []string{"--version", "v0.1.0"}, "of another version than v0.1.0"},
		"no version":           {nil, []string{"--version", "2"}, "2 is no version"},
		"an unknown option":    {nil, []string{"--prefix", "/"}, "no option --prefix"},
		"a program that fails": {func(r *release) { *r = *fakeRelease(t, "#!/bin/sh\nexit 1\n") }, nil, "does not run here; nothing was installed"},
	} {
		r := fakeRelease(t, fakeProgram)
		if test.spoil != nil {
			test.spoil(r)
		}
		before := read(t, filepath.Join(to, "bpflab"))
		out, err := install(t, r, append([]string{"--to", to}, test.args...)...)
		if err == nil || !strings.Contains(out, test.want) || read(t, filepath.Join(to, "bpflab")) != before {
			t.Errorf("%s: %v: %s, want %q and nothing installed", name, err, out, test.want)
		}
		if entries, err := os.ReadDir(to); err != nil || len(entries) != 1 {
			t.Errorf("%s: %d files are left in %s", name, len(entries), to)
		}
	}
	if out, err := install(t, r, "--to", filepath.Join(to, "bpflab", "below")); err == nil || !strings.Contains(out, "cannot be made") {
		t.Errorf("a directory that cannot be: %v: %s", err, out)
	}
}

// made makes a release of this commit in a clone of its own.
func made(t *testing.T, image bool, targets string) string {
	t.Helper()
	clone := filepath.Join(t.TempDir(), "clone")
	run := func(name string, args ...string) {
		t.Helper()
		cmd := exec.CommandContext(context.WithoutCancel(t.Context()), name, args...)
		cmd.Stderr = os.Stderr
		if out, err := cmd.Output(); err != nil {
			t.Fatalf("%s %v: %v: %s", name, args, err, out)
		}
	}
	run("git", "clone", "-q", "../..", clone)
	run("make", "-C", clone, "dist", "VERSION=v0.0.1-test", fmt.Sprintf("IMAGE=%v", image), "TARGETS="+targets)
	return filepath.Join(clone, "bin", "dist")
}

// TestReproducible makes a release twice, in two directories, and compares every byte by the
// digests.
func TestReproducible(t *testing.T) {
	if os.Getenv("BPFLAB_DIST_TESTS") != "1" {
		t.Skip("a release takes minutes: BPFLAB_DIST_TESTS=1 makes two")
	}
	image, targets := os.Getenv("BPFLAB_DIST_IMAGE") == "1", os.Getenv("BPFLAB_DIST_TARGETS")
	one, two := read(t, filepath.Join(made(t, image, targets), sumsFile)), read(t, filepath.Join(made(t, image, targets), sumsFile))
	if one != two {
		t.Errorf("the first run made\n%sand the second\n%s", one, two)
	}
	t.Logf("both runs made\n%s", one)
}

// TestInstalled installs the package of a release in bare roots, and runs the first lab there.
func TestInstalled(t *testing.T) {
	if os.Getenv("BPFLAB_DIST_TESTS") != "1" {
		t.Skip("bare roots take minutes: BPFLAB_DIST_TESTS=1 makes two")
	}
	dist := made(t, false, runtime.GOOS+"/"+runtime.GOARCH)
	for _, suite := range []string{"bookworm", "trixie"} {
		t.Run(suite, func(t *testing.T) {
			out, err := exec.CommandContext(context.WithoutCancel(t.Context()), "./installed.sh", suite, dist).CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("1 passed")) || !bytes.Contains(out, []byte("bpflab v0.0.1-test")) {
				t.Errorf("%v:\n%s", err, out)
			}
			t.Logf("%s", out)
		})
	}
}
