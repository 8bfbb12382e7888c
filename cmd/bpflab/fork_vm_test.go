package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/bpflab/bpflab/harness/verdict"
)

// A lab finds the same in a fork as in a machine that booted.
func TestForkedAsCold(t *testing.T) {
	needVMs(t)
	args := []string{"run", "hello", "xdp-drop", "map-counters", "--kernel", "default"}
	forked, cold := bpflab(t, args...), bpflab(t, append(args, "--cold")...)
	forked.want(t, verdict.ExitOK)
	cold.want(t, verdict.ExitOK)
	for i, f := range forked.result.Cells {
		c := cold.result.Cells[i]
		if f.StartKind != "fork" || c.StartKind != "boot" {
			t.Errorf("%s on %s: a %s and a %s", f.Lab, f.Kernel.Release, f.StartKind, c.StartKind)
		}
		if f.Lab != c.Lab || f.Kernel != c.Kernel || f.Verdict != c.Verdict || verdicts(f) != verdicts(c) {
			t.Errorf("%s on %s: forked %s (%s), cold %s (%s)", f.Lab, f.Kernel.Release, f.Verdict, verdicts(f), c.Verdict, verdicts(c))
		}
	}
}

// verdicts returns the verdicts of a cell's steps, by name.
func verdicts(c verdict.Cell) string {
	var all []string
	for _, s := range c.Steps {
		all = append(all, s.Name+" "+string(s.Verdict))
	}
	return strings.Join(all, ", ")
}

func TestDamagedTemplate(t *testing.T) {
	needVMs(t)
	before := time.Now()
	args := []string{"run", "hello", "--kernel", "6.1"}
	bpflab(t, args...).want(t, verdict.ExitOK)
	damageTemplates(t, before)
	o := bpflab(t, args...)
	o.want(t, verdict.ExitOK)
	if c := o.one(t); c.StartKind != "fork" || !strings.Contains(strings.Join(c.Warnings, ""), "is made again") || !strings.Contains(o.stdout, "is made again") {
		t.Errorf("a %s with the warnings %q; want one about the template, also on the terminal:\n%s", c.StartKind, c.Warnings, o.stdout)
	}
	o = bpflab(t, args...)
	if c := o.one(t); c.StartKind != "fork" || len(c.Warnings) != 0 {
		t.Errorf("after that a %s with the warnings %q", c.StartKind, c.Warnings)
	}
}

// damageTemplates changes a byte in every template that was used since.
func damageTemplates(t *testing.T, since time.Time) {
	t.Helper()
	store, err := templateStore()
	if err != nil {
		t.Fatal(err)
	}
	all, err := store.List()
	if err != nil {
		t.Fatal(err)
	}
	damaged := 0
	for _, info := range all {
		if info.Used.Before(since) {
			continue
		}
		f, err := os.OpenFile(filepath.Join(store.Dir(), info.Key, "memory"), os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteAt([]byte("damaged"), info.About.Memory/2); err != nil {
			t.Fatal(err)
		}
		f.Close()
		damaged++
	}
	if damaged == 0 {
		t.Fatal("no template was used")
	}
}

func TestRepeated(t *testing.T) {
	needVMs(t)
	cmd, out := prepared(t, "run", "hello", "--kernel", "5.10,latest", "-j", "8", "--repeat", "16")
	tmp := t.TempDir()
	cmd.Env = append(os.Environ(), "TMPDIR="+tmp)
	o := out(cmd.Run())
	o.want(t, verdict.ExitOK)
	boots := map[string]bool{}
	for _, c := range o.result.Cells {
		boots[c.BootID] = true
	}
	if len(o.result.Cells) != 32 || len(boots) != 32 {
		t.Errorf("%d boot ids of %d cells, want 32 of 32", len(boots), len(o.result.Cells))
	}
	noneLeft(t, cmd.Process.Pid, tmp)
}
