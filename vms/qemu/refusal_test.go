//go:build linux

package qemu

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

func TestForkOfTheFake(t *testing.T) {
	log := fakeProcess(t, works)
	cache := t.TempDir()
	for _, want := range []string{"template fork", "fork"} {
		about := startFake(t, fakeProvider(t, cache, os.Args[0], ""))
		if got := log(); got != want || about.StartKind != "fork" || len(about.Notes) != 0 {
			t.Errorf("a %s after %q with the notes %q, want a fork after %q", about.StartKind, got, about.Notes, want)
		}
	}
}

// The process that finds out reports what QEMU answered, not what else it printed, and
// the next ones boot at once.
func TestQEMUThatCannotForkIsRemembered(t *testing.T) {
	for _, test := range []struct {
		how, first, reason string
	}{
		{refusesFiles, "template boot", "save the booted machine: migrate: " + refusal},
		{warns, "template boot", "migrate: " + refusal + " (QEMU also printed: fake-qemu: warning: '-mon' is deprecated)"},
		{failsToSave, "template boot", "a device cannot be saved"},
		{refusesTake, "template fork boot", "migrate-incoming: " + refusal},
		{refusesOwn, "template fork template fork boot", "load of migration failed"},
	} {
		t.Run(test.how, func(t *testing.T) {
			log := fakeProcess(t, test.how)
			cache := t.TempDir()
			next := test.first
			for range 3 {
				about := startFake(t, fakeProvider(t, cache, os.Args[0], ""))
				notes := strings.Join(about.Notes, "\n")
				if got := log(); got != next || about.StartKind != "boot" {
					t.Errorf("a %s after %q, want a boot after %q", about.StartKind, got, next)
				}
				for _, want := range []string{"booted, not forked: QEMU 9.8.7 cannot fork machines", test.reason, "bpflab kernels prune"} {
					if !strings.Contains(notes, want) {
						t.Errorf("notes %q without %q", notes, want)
					}
				}
				if next = "boot"; test.how == refusesTake {
					next = "fork boot" // the template is there, and costs little to try
				}
			}
		})
	}
}

func TestRefusalIsOfOneBuild(t *testing.T) {
	log := fakeProcess(t, refusesFiles)
	cache := t.TempDir()
	binary := filepath.Join(t.TempDir(), "fake-qemu")
	begin := func() {
		t.Helper()
		startFake(t, fakeProvider(t, cache, binary, ""))
	}
	if err := writeScript(binary, "9.8.7"); err != nil {
		t.Fatal(err)
	}
	begin()
	if err := writeScript(binary, "9.8.8"); err != nil {
		t.Fatal(err)
	}
	log()
	begin()
	if got := log(); got != "template boot" {
		t.Errorf("another version: %q, want it tried", got)
	}
	begin()
	if got := log(); got != "boot" {
		t.Errorf("the same again: %q, want a boot alone", got)
	}
	if _, err := Templates(cache).Prune(); err != nil {
		t.Fatal(err)
	}
	begin()
	if got := log(); got != "template boot" {
		t.Errorf("after a prune: %q, want it tried", got)
	}
}

func TestWhatIsNoRefusal(t *testing.T) {
	p := New(Options{Cache: t.TempDir()})
	killed := &exitError{"QEMU ended: signal: killed", errors.New("signal: killed")}
	for _, err := range []error{errNotSaved, errNotResumed, errNoAnswer, fmt.Errorf("save: %w", unix.ENOSPC), killed} {
		if got := p.recordRefusal(spec{}, err, true); got != err {
			t.Errorf("%v became %v", err, got)
		}
	}
	if err := p.refusal(spec{}); err != nil {
		t.Errorf("%v is on record", err)
	}
}

// No machine is booted for a template that there is no room for.
func TestFullDiskMakesNoTemplate(t *testing.T) {
	log := fakeProcess(t, works)
	p := fakeProvider(t, t.TempDir(), os.Args[0], "")
	dir := p.templates.Dir()
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := unix.Mount("small", dir, "tmpfs", 0, "size=1m"); err != nil {
		t.Skipf("cannot mount a small file system here: %v", err)
	}
	t.Cleanup(func() { unix.Unmount(dir, unix.MNT_DETACH) })
	about := startFake(t, p)
	notes := strings.Join(about.Notes, "\n")
	if got := log(); got != "boot" || about.StartKind != "boot" || !strings.Contains(notes, "no space left") || !strings.Contains(notes, "make room") {
		t.Errorf("a %s after %q with the notes %q, want a boot alone, and what to do", about.StartKind, got, notes)
	}
}
