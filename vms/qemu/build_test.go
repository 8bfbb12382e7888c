//go:build linux

package qemu

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/vms"
	"github.com/bpflab/bpflab/vms/kernel"
)

func TestWhatIsNoQEMU(t *testing.T) {
	for _, test := range []struct{ name, script, want string }{
		{"too old", "echo 'QEMU emulator version 6.1.1 (Old)'", "is QEMU 6.1.1, which is too old: bpflab needs QEMU 6.2 or newer"},
		{"dies", "echo 'no such library' >&2; exit 127", "--version: exit status 127 (QEMU also printed: no such library); install it"},
		{"hangs", "exec sleep 600", "--version has not ended after 200ms"},
		{"hangs in a process of its own", "sleep 600", "--version has not ended after 200ms"},
		{"something else", "echo busybox", `is not QEMU: its --version prints "busybox"`},
		{"silent", "exit 0", `is not QEMU: its --version prints ""`},
	} {
		t.Run(test.name, func(t *testing.T) {
			if strings.HasPrefix(test.name, "hangs") {
				shorten(t, &versionLimit)
			}
			name := filepath.Join(t.TempDir(), "qemu")
			if err := os.WriteFile(name, []byte("#!/bin/sh\n"+test.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
			_, err := fakeProvider(t, t.TempDir(), name, "").Start(t.Context(), fakeSpec(t))
			var failed *vms.StartError
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want a *vms.StartError in one line with %q", err, test.want)
			}
		})
	}
}

func TestFileThatIsNoProgram(t *testing.T) {
	name := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(name, []byte("no program\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	_, err := New(Options{Cache: t.TempDir(), Binary: name}).Caps(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exec format error") {
		t.Errorf("error %v, want that it cannot be run", err)
	}
}

func TestOldestVersions(t *testing.T) {
	for line, ok := range map[string]bool{
		"QEMU emulator version 2.5.0":                                false,
		"QEMU emulator version 5.2.0 (Debian 1:5.2+dfsg-11+deb11u3)": false,
		"QEMU emulator version 6.1.50":                               false,
		"QEMU emulator version 6.2.0 (Debian 1:6.2+dfsg-2ubuntu6)":   true,
		"QEMU emulator version 7.2.22":                               true,
		"QEMU emulator version 10.0.13":                              true,
		"QEMU emulator version 11.1.3":                               true,
		"QEMU emulator version v9.0.0-rc1 (v9.0.0-rc1-dirty)":        true,
		"QEMU emulator version of a friend":                          true,
	} {
		if err := (build{version: line}).check("qemu"); (err == nil) != ok {
			t.Errorf("%s: error %v, want it good: %t", line, err, ok)
		}
	}
}

// Some say something of their own before QEMU does.
func TestVersionOfAScript(t *testing.T) {
	name := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(name, []byte("#!/bin/sh\necho wrapper 1.0; echo 'QEMU emulator version 9.8.7 (Fake)'\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	if found, err := find(t.Context(), name, nil); err != nil || found.version != "QEMU emulator version 9.8.7 (Fake)" {
		t.Errorf("version %q, error %v", found.version, err)
	}
}

// A machine that one QEMU has saved is forked by no other, also if the file is replaced
// between a look at it and its start.
func TestQEMUIsReplacedWhileItsTemplateIsMade(t *testing.T) {
	log := fakeProcess(t, replaced)
	binary := filepath.Join(t.TempDir(), "fake-qemu")
	if err := writeScript(binary, "9.8.7"); err != nil {
		t.Fatal(err)
	}
	p := fakeProvider(t, t.TempDir(), binary, "")
	about := startFake(t, p)
	if got := log(); got != "template template fork" || about.StartKind != "fork" || about.Hypervisor.Version != "QEMU 9.9.9" {
		t.Errorf("a %s by %s after %q, want a fork of a template of the new QEMU", about.StartKind, about.Hypervisor.Version, got)
	}
	if all, err := p.templates.List(); err != nil || len(all) != 1 {
		t.Errorf("%d templates, error %v, want that of the new QEMU alone", len(all), err)
	}
}

func TestReplacedQEMUHasTemplatesOfItsOwn(t *testing.T) {
	log := fakeProcess(t, works)
	binary := filepath.Join(t.TempDir(), "fake-qemu")
	p := fakeProvider(t, t.TempDir(), binary, "")
	for i, test := range []struct{ version, want string }{
		{"9.8.7", "template fork"}, {"9.9.0", "template fork"}, {"9.9.0", "template fork"}, {"", "fork"},
	} {
		if test.version != "" { // the second of a version is another file, an hour younger
			if err := writeScript(binary, test.version); err != nil {
				t.Fatal(err)
			}
			later := time.Now().Add(time.Duration(i) * time.Hour)
			if err := os.Chtimes(binary, later, later); err != nil {
				t.Fatal(err)
			}
		}
		startFake(t, p)
		if got := log(); got != test.want {
			t.Errorf("with %q: %q, want %q", test.version, got, test.want)
		}
	}
}

// elfCopy returns a program that is no QEMU, and does not know --version.
func elfCopy(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "qemu")
	if err := os.WriteFile(name, text, 0o755); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestVersionIsKeptUntilTheFileChanges(t *testing.T) {
	name, p := elfCopy(t), New(Options{Cache: t.TempDir()})
	stamp, err := stampOf(name)
	if err != nil {
		t.Fatal(err)
	}
	kept := build{version: "QEMU emulator version 9.8.7", path: name, file: stamp}
	p.keepBuild(kernel.AMD64, kept)
	if found, err := find(t.Context(), name, p.lastBuild(kernel.AMD64)); err != nil || found != kept {
		t.Errorf("found %+v, error %v, want what was kept", found, err)
	}
	p.keepBuild(kernel.AMD64, build{version: "QEMU emulator version 5.2.0", path: name, file: stamp})
	if _, err := find(t.Context(), name, p.lastBuild(kernel.AMD64)); err == nil || !strings.Contains(err.Error(), "too old") {
		t.Errorf("error %v, want that the one kept is too old", err)
	}
	p.keepBuild(kernel.AMD64, kept)
	later := time.Now().Add(time.Hour)
	if err := os.Chtimes(name, later, later); err != nil {
		t.Fatal(err)
	}
	if found, err := find(t.Context(), name, p.lastBuild(kernel.AMD64)); err == nil {
		t.Errorf("%s was not asked after it changed: %+v", name, found)
	}
}

// A script may start another QEMU than it did before.
func TestVersionOfAScriptIsNotKept(t *testing.T) {
	name, cache := fakeBinary(t, ""), t.TempDir()
	for range 2 {
		p := New(Options{Binary: name, Cache: cache})
		found, err := find(t.Context(), name, p.lastBuild(kernel.AMD64))
		if err != nil {
			t.Fatal(err)
		}
		p.keepBuild(kernel.AMD64, found)
	}
	if asked, _ := calls(t, name); asked != 2 {
		t.Errorf("it was asked %d times, want twice", asked)
	}
}
