package bundle

import (
	"archive/tar"
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string, mode os.FileMode) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	return name
}

// names returns those in the archive, with their contents or links.
func names(t *testing.T, f *Files) map[string]string {
	t.Helper()
	var archive, again bytes.Buffer
	if err := errors.Join(f.Tar(&archive), f.Tar(&again)); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(archive.Bytes(), again.Bytes()) {
		t.Error("two archives of the same files differ")
	}
	all := map[string]string{}
	for r := tar.NewReader(&archive); ; {
		h, err := r.Next()
		if err == io.EOF {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		text, _ := io.ReadAll(r)
		all["/"+h.Name] = h.Linkname + string(text)
	}
}

func TestAdd(t *testing.T) {
	dir := t.TempDir()
	write(t, dir+"/d/sub/file", "text", 0o644)
	if err := errors.Join(os.Symlink("sub/file", dir+"/d/link"), os.Symlink("d", dir+"/alias")); err != nil {
		t.Fatal(err)
	}
	var f Files
	if err := f.Add(dir + "/alias"); err != nil {
		t.Fatal(err)
	}
	got := names(t, &f)
	if got[dir+"/alias/sub/file"] != "text" || got[dir+"/alias/link"] != "sub/file" || f.Size() != 4 {
		t.Errorf("%q", got)
	}
	for _, bad := range []string{"/proc", "/sys/kernel", "/dev/null"} {
		if err := f.Add(bad); err == nil || !strings.Contains(err.Error(), "of its own") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	for name, test := range map[string]struct {
		text string
		with string // what else is carried
		err  string
	}{
		"shell":       {"#!/bin/sh\n", "", ""},
		"bash":        {"#!/bin/bash\n", "/bin/bash", ""},
		"env":         {"#!/usr/bin/env bash\n", "/bash", ""},
		"interpreter": {"#!/nosuch/interpreter -x\n", "", "/nosuch/interpreter is not on this machine"},
		"no words":    {"#!\n", "", "names no interpreter"},
		"bad ELF":     {"\x7fELFnonsense", "", "bad ELF"},
		"text":        {"hello", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var f Files
			err := f.Program(write(t, filepath.Join(dir, name), test.text, 0o755))
			if (err != nil) != (test.err != "") || err != nil && !strings.Contains(err.Error(), test.err) {
				t.Fatalf("error %v, want %q", err, test.err)
			}
			found := false
			for n := range f.entries {
				found = found || strings.HasSuffix(n, test.with)
			}
			if !found {
				t.Errorf("%s is not carried: %v", test.with, f.entries)
			}
		})
	}
}

// A real dynamic program, with and without one of its libraries.
func TestLibraries(t *testing.T) {
	cc, err := exec.LookPath("cc")
	if err != nil {
		t.Skip("no C compiler: libraries are not looked for")
	}
	dir := t.TempDir()
	lib := write(t, dir+"/lib.c", "int answer(void) { return 42; }", 0o644)
	main := write(t, dir+"/main.c", "int answer(void); int main(void) { return answer(); }", 0o644)
	for _, args := range [][]string{{"-shared", "-fPIC", "-o", dir + "/libanswer.so", lib}, {"-o", dir + "/main", main, "-L" + dir, "-lanswer", "-Wl,-rpath," + dir}} {
		if out, err := exec.Command(cc, args...).CombinedOutput(); err != nil {
			t.Fatalf("%s", out)
		}
	}
	var f Files
	if err := f.Program(dir + "/main"); err != nil {
		t.Fatal(err)
	}
	if !f.Has(dir+"/libanswer.so") || !slices.ContainsFunc(listedNames(&f), func(n string) bool { return strings.Contains(n, "libc.so") }) {
		t.Errorf("%v", listedNames(&f))
	}
	os.Remove(dir + "/libanswer.so")
	var missing *LibraryError
	if err := new(Files).Program(dir + "/main"); !errors.As(err, &missing) || missing.Library != "libanswer.so" {
		t.Errorf("%v", err)
	}
	if err := (&Files{Rootfs: true}).Program(dir + "/main"); err != nil {
		t.Errorf("a root file system has libraries of its own, but: %v", err)
	}
}

func listedNames(f *Files) (all []string) {
	for n := range f.entries {
		all = append(all, n)
	}
	return all
}

func TestArguments(t *testing.T) {
	dir := t.TempDir()
	file := write(t, dir+"/prog.o", "x", 0o644)
	var f Files
	if err := f.Arguments([]string{"load", file, "--out=" + dir + "/none", "--in=" + file + "x", "/etc/passwd", "/proc/version", dir, "-test.coverprofile=" + file}); err != nil {
		t.Fatal(err)
	}
	if got := listedNames(&f); !slices.Equal(got, []string{file}) {
		t.Errorf("%q", got)
	}
}

func TestTestOutputs(t *testing.T) {
	got := TestOutputs([]string{"x.test", "-test.coverprofile=/tmp/a/c.out", "-test.cpuprofile=cpu", "-test.outputdir=/out", "-test.gocoverdir=/cov", "-test.v"})
	want := []Output{{"/tmp/a/c.out", "/tmp/a"}, {"/out/cpu", "/out"}, {"/cov", "/cov"}}
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
