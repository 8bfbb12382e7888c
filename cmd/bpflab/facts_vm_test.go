package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// fact is a sentence of docs/tutorial-facts.md, and what testdata/facts sees of it.
type fact struct {
	cites string            // part of the sentence
	tried string            // the program's line
	seen  string            // on all kernels
	but   map[string]string // on some
}

var facts = []fact{
	{"second reader gets `EBUSY`", "trace_pipe, first reader", "ok", nil},
	{"second reader gets `EBUSY`", "trace_pipe, second reader", "EBUSY", map[string]string{"local:4.19": "ok"}},
	{"six strings", "licence GPL", "ok", nil},
	{"six strings", "licence GPL v2", "ok", nil},
	{"six strings", "licence GPL and additional rights", "ok", nil},
	{"six strings", "licence Dual BSD/GPL", "ok", nil},
	{"six strings", "licence Dual MIT/GPL", "ok", nil},
	{"six strings", "licence Dual MPL/GPL", "ok", nil},
	{"SPDX's `GPL-2.0`", "licence GPL-2.0", "EINVAL", nil},
	{"SPDX's `GPL-2.0`", "licence GPL-2.0-only", "EINVAL", nil},
	{"six strings", "licence gpl", "EINVAL", nil},
	{"six strings", "licence Dual BSD", "EINVAL", nil},
	{"socket filters and `cgroup_skb`", "user loads socket filter", "ok", nil},
	{"socket filters and `cgroup_skb`", "user loads cgroup_skb", "ok", nil},
	{"socket filters and `cgroup_skb`", "user loads xdp", "EPERM", nil},
	{"socket filters and `cgroup_skb`", "user loads tracepoint", "EPERM", nil},
	{"socket filters and `cgroup_skb`", "user loads cgroup connect4", "EPERM", nil},
	{"the cgroup in which it was made", "socket from outside, process inside", "ECONNREFUSED", nil},
	{"the cgroup in which it was made", "socket from inside, process outside", "EPERM", nil},
	{"`do_unlinkat`", "function do_unlinkat", "ok", map[string]string{"latest": "ENOENT"}},
}

// TestTutorialFacts tries on the default kernels, and on 4.19 where it was imported, what
// docs/tutorial-facts.md states.
func TestTutorialFacts(t *testing.T) {
	needVMs(t)
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "tutorial-facts.md"))
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(t.TempDir(), "facts")
	build := exec.Command("go", "build", "-o", program, "./testdata/facts")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	kernels := slices.Clone(defaultSeries)
	if o := bpflab(t, "kernels", "list", "local:4.19"); o.code == 0 && strings.Contains(o.stdout, "local:4.19") {
		kernels = append(kernels, "local:4.19")
	}
	for _, kernel := range kernels {
		t.Run(kernel, func(t *testing.T) {
			o := executed(t, "", "--kernel", kernel, "--", program)
			o.want(t, 0)
			for _, f := range facts {
				want := f.seen
				if other := f.but[kernel]; other != "" {
					want = other
				}
				if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(f.tried+": "+want) + `$`).MatchString(o.stdout) {
					t.Errorf("%s: want %s in\n%s", f.tried, want, o.stdout)
				}
				if !strings.Contains(string(page), f.cites) {
					t.Errorf("docs/tutorial-facts.md does not say %q", f.cites)
				}
			}
		})
	}
}
